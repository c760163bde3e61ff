import { Breakage, describe, type Refusal, refuse } from '../../errors.ts';
import { MalformedAnswer } from '../../pipeline/decide/shape.ts';
import { linksOf } from '../../pipeline/record/describe-decided.ts';
import type { AdministrativeAction, AdministrativeAnswer, AdministrativeInput, Petitioner } from '../../vocabulary/administration.ts';
import type { Clock } from '../../vocabulary/clock.ts';
import type { PinnedPolicy, PolicyStamp } from '../../vocabulary/decision.ts';
import type { Logger } from '../../vocabulary/logger.ts';
import type { AdministrativeRecord } from '../../vocabulary/record.ts';
import { readAdministrativeAnswer } from './read-administrative-answer.ts';

export const adminEntrypoint = 'gateway/admin/answer';

export interface AuthorizeNeeds {
  readonly pinPolicy: () => PinnedPolicy | undefined;
  readonly log: {
    /** Resolves when the entry is on disk; throws Breakage `record.unavailable` where it is not. */
    append(entry: object): Promise<void>;
    /** Takes an entry that nobody waits for. */
    enqueue(entry: object): void;
  };
  /** Put on every record. */
  readonly labels: Readonly<Record<string, string>>;
  readonly newId: () => string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** An action that the policy allowed and that is on the record: it may be done now. */
export interface Authorized {
  readonly kind: 'authorized';
  readonly decisionId: string;
  readonly policy: PolicyStamp;
  /** What the policy narrows the action to; whoever does it carries out each one, or refuses. */
  readonly limits: Readonly<Record<string, unknown>>;
  /** Says on the record that the action could not be done after all. */
  failed(code: Refusal['code'], detail?: string): void;
}

export type Authorize = (petitioner: Petitioner, action: AdministrativeAction) => Promise<Authorized | (Refusal & { decisionId: string })>;

/**
 * Makes the one way to be allowed to do something to the gateway itself: the policy's `gateway/admin/answer` is asked, its answer is believed only
 * if it is well-formed, and what it said is on disk before anything is done. No policy, no such entry point, an undefined answer: refused.
 */
export function makeAuthorize(needs: AuthorizeNeeds): Authorize {
  const { pinPolicy, log, labels, newId, clock, logger } = needs;

  return async function authorize(petitioner, action) {
    const decisionId = newId();
    const policy = pinPolicy();
    const told = policy === undefined ? refuse('policy.unavailable') : ask(policy, decisionId, petitioner, action);
    const answer = 'kind' in told ? undefined : told;
    const refusal = 'kind' in told ? told : answer?.allow ? undefined : refuseAs(told as AdministrativeAnswer);
    const record: AdministrativeRecord = {
      ...describeAction(petitioner, action, { decisionId, labels, now: clock.now() }),
      decision: judge(refusal),
      ...(refusal === undefined ? {} : { code: refusal.code }),
      ...(refusal?.detail === undefined ? {} : { detail: refusal.detail }),
      ...(policy === undefined
        ? {}
        : {
            policy: {
              ...nameStamp(policy.stamp),
              reasons: (answer?.reasons ?? []).map(({ code, rule }) => (rule ? { code, rule } : { code })),
            },
          }),
    };
    try {
      await log.append(record);
    } catch (error) {
      if (!(error instanceof Breakage)) throw error;
      return { ...refuse(error.code), decisionId };
    }
    const { action: name } = action;
    logger.info(refusal === undefined ? 'an administrative action is allowed' : 'an administrative action is refused', {
      decision_id: decisionId,
      action: name,
      originator: petitioner.chain.originator.id,
      ...(refusal === undefined ? {} : { code: refusal.code }),
    });
    if (refusal !== undefined) return { ...refusal, decisionId };
    return {
      kind: 'authorized',
      decisionId,
      policy: (policy as PinnedPolicy).stamp,
      limits: answer?.limits ?? {},
      failed(code, detail) {
        log.enqueue({ ...record, timestamp: new Date(clock.now()).toISOString(), decision: 'error', code, ...(detail && { detail }) });
      },
    };
  };

  function ask(
    policy: PinnedPolicy,
    decisionId: string,
    petitioner: Petitioner,
    action: AdministrativeAction,
  ): AdministrativeAnswer | Refusal {
    if (!policy.has(adminEntrypoint)) return refuse('policy.undefined', { detail: `the policy has no entry point ${adminEntrypoint}` });
    try {
      const now = BigInt(Math.trunc(clock.now())) * 1_000_000n;
      const value = policy.evaluate(adminEntrypoint, describeQuestion(petitioner, action), { now, seed: decisionId });
      if (value === undefined) return refuse('policy.undefined', { detail: `${adminEntrypoint} is undefined for this action` });
      return readAdministrativeAnswer(value);
    } catch (cause) {
      if (cause instanceof MalformedAnswer) return refuse('policy.malformed-answer', { detail: cause.message });
      if (cause instanceof Breakage) return refuse(cause.code, { detail: cause.message });
      throw cause;
    }
  }
}

/** One stamp for all bundles: which they are stands on the records of decisions. */
function nameStamp({ bundle, revision, digest }: PolicyStamp): Omit<PolicyStamp, 'bundles'> {
  return { bundle, revision, digest };
}

function refuseAs({ reasons, message }: AdministrativeAnswer): Refusal {
  return refuse('policy.denied', { reasons, ...(message === undefined ? {} : { message }) });
}

function judge(refusal: Refusal | undefined): AdministrativeRecord['decision'] {
  if (refusal === undefined) return 'allow';
  return describe(refusal.code).status >= 500 ? 'error' : 'deny';
}

function describeQuestion({ arrival, chain, context }: Petitioner, action: AdministrativeAction): AdministrativeInput {
  const { chain: links, principals, originator, caller } = chain;
  return {
    version: 1,
    request: {
      id: arrival.requestId,
      time: new Date(arrival.receivedAt).toISOString(),
      method: arrival.method,
      path: arrival.path,
    },
    identity: { chain: links, principals, originator, caller },
    context,
    action: { name: action.action, ...(action.resource === undefined ? {} : { resource: action.resource }) },
    ...(action.parameters === undefined ? {} : { parameters: action.parameters }),
  };
}

function describeAction(
  { arrival, chain, context }: Petitioner,
  action: AdministrativeAction,
  { decisionId, labels, now }: { readonly decisionId: string; readonly labels: AuthorizeNeeds['labels']; readonly now: number },
): Omit<AdministrativeRecord, 'decision'> {
  return {
    schema: 'regate.decision/1',
    kind: 'administrative',
    decision_id: decisionId,
    request_id: arrival.requestId,
    timestamp: new Date(now).toISOString(),
    labels,
    ...action,
    requested_by: arrival.peer.address,
    identity: { chain: linksOf(chain) },
    context,
  };
}
