import { describe } from '../../errors.ts';
import { keepText } from '../../json/kept-text.ts';
import type { Reason } from '../../vocabulary/decision.ts';
import type { IdentityChain, Link } from '../../vocabulary/identity.ts';
import type { CredentialLink } from '../../vocabulary/permit.ts';
import type { DecidedRecord, RecordedLink } from '../../vocabulary/record.ts';
import type { Story } from '../../vocabulary/story.ts';

export const decisionEntrypoint = 'gateway/decision/answer';

/** What is the same on every record of this gateway. */
export interface Constants {
  readonly labels: Readonly<Record<string, string>>;
  readonly catalogueDigest: string;
}

// A model's name is the only thing in the record's own fields that a caller wrote.
const longestModel = 256;

/**
 * Tells the first half of a record, not yet masked. Allow, deny and error have the same fields; one is absent only where its stage was not
 * reached. A member with the value `undefined` is absent, too: the log writes JSON.
 */
export function describeDecided(story: Story, constants: Constants, now: number): DecidedRecord {
  const { arrival, decision, refusal, request, route } = story;
  const stamp = decision?.policy ?? refusal?.policy;
  const known: { [K in keyof DecidedRecord]: DecidedRecord[K] | undefined } = {
    schema: 'regate.decision/1',
    kind: 'decided',
    decision_id: story.decisionId,
    request_id: arrival.requestId,
    attempt: story.attempt.number,
    timestamp: new Date(now).toISOString(),
    labels: constants.labels,
    decision: judge(story),
    code: refusal?.code,
    detail: refusal?.detail,
    bundles: stamp && (stamp.bundles ?? { [stamp.bundle]: { revision: stamp.revision } }),
    path: stamp && decisionEntrypoint,
    input: decision?.input ?? refusal?.asked,
    result: decision?.answer,
    nd_builtin_cache: decision?.nd ?? refusal?.nd,
    metrics: decision && { timer_rego_query_eval_ns: Math.round(decision.evalUs * 1000) },
    requested_by: arrival.peer.address,
    trace_id: arrival.trace?.traceId,
    span_id: arrival.trace?.spanId,
    request: {
      protocol: arrival.protocol,
      ...(story.operation !== undefined && { operation: story.operation }),
      method: arrival.method,
      path: arrival.path,
      ...(request !== undefined && {
        stream: request.stream,
        size_bytes: request.sizeBytes,
        ...(request.fingerprint !== undefined && { fingerprint: request.fingerprint }),
        ...(request.ignoredHeaders.length > 0 && { ignored_headers: request.ignoredHeaders }),
      }),
    },
    identity: story.chain && identify(story.chain, story.credential),
    policy: stamp && {
      bundle: stamp.bundle,
      revision: stamp.revision,
      digest: stamp.digest,
      reasons: withoutText(decision?.answer.reasons ?? refusal?.reasons ?? []),
      eval_us: decision?.evalUs ?? 0,
      obligations: story.obligations ?? refusal?.obligations ?? [],
    },
    model:
      request?.model === undefined
        ? undefined
        : { requested: request.model.slice(0, longestModel), ...(route && { sent: route.upstreamModel }) },
    route: route && { backend: route.backend, model: route.model, credential: route.credential },
    audit: decision?.answer.audit,
    content: story.prompt,
    catalogue: constants.catalogueDigest,
  };
  return known as DecidedRecord;
}

/** `deny`: considered and refused, by the gateway or the policy (4xx). `error`: it could not be decided (5xx), and is refused as well. */
export function judge({ refusal }: Pick<Story, 'refusal'>): DecidedRecord['decision'] {
  if (refusal === undefined) return 'allow';
  return describe(refusal.code).status >= 500 ? 'error' : 'deny';
}

/** Codes and rules only: a message may quote the input, and stands in `result`, where the mask reaches it. */
function withoutText(reasons: readonly Reason[]): readonly Reason[] {
  return reasons.map(({ code, rule }) => (rule === undefined ? { code } : { code, rule }));
}

type RecordedIdentity = NonNullable<DecidedRecord['identity']>;

/** Chains of cached tokens live long and are recorded often, mostly with the same credential. */
const identities = new WeakMap<
  IdentityChain['chain'],
  { readonly credential: CredentialLink | undefined; readonly identity: RecordedIdentity }
>();

function identify({ chain }: IdentityChain, credential: CredentialLink | undefined): RecordedIdentity {
  const known = identities.get(chain);
  if (known !== undefined && known.credential?.id === credential?.id && known.credential?.version === credential?.version)
    return known.identity;
  const links = linksOf({ chain });
  const identity = Object.freeze({ chain: credential === undefined ? links : [...links, credential] });
  keepText(identity, JSON.stringify(identity));
  identities.set(chain, { credential, identity });
  return identity;
}

/** The links of a chain as a record keeps them. */
export function linksOf({ chain }: Pick<IdentityChain, 'chain'>): readonly RecordedLink[] {
  return chain.map(withoutClaims);
}

function withoutClaims(link: Link): RecordedLink {
  if (link.kind === 'token') return link;
  const { claims: _claims, groups: _groups, ...kept } = link;
  return kept;
}
