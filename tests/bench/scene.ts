import { makePolicy } from '../../gateway/composition/policy.ts';
import { loadConfiguration } from '../../gateway/config/load.ts';
import { systemClock } from '../../gateway/observe/clock.ts';
import { newId } from '../../gateway/observe/new-id.ts';
import type { Question } from '../../gateway/pipeline/decide/decide.ts';
import type { BundleConfiguration } from '../../gateway/vocabulary/bundles.ts';
import type { Configuration } from '../../gateway/vocabulary/configuration.ts';
import type { PinnedPolicy } from '../../gateway/vocabulary/decision.ts';
import type { Principal, TokenLink } from '../../gateway/vocabulary/identity.ts';
import type { Logger } from '../../gateway/vocabulary/logger.ts';
import type { Workbench } from './workbench.ts';

/** Costs nothing, so that only what is measured is measured. */
export const silent: Logger = { error: () => undefined, warn: () => undefined, info: () => undefined, debug: () => undefined };

export interface Scene {
  readonly configuration: Configuration;
  readonly policy: PinnedPolicy;
}

/** A bundle in a file that is looked at when it is asked for. */
export const oneFile = (path: string): BundleConfiguration => ({
  name: 'bundle',
  source: { kind: 'file', path },
  poll: { minSeconds: 3600, maxSeconds: 3600 },
});

/** The default policies over the workbench's catalogue. */
export async function openScene(bench: Workbench, bundle?: string): Promise<Scene> {
  const configuration = loadConfiguration(await bench.configure('https://127.0.0.1:1'), { environment: {} });
  const { policy, catalogue } = configuration;
  const rollout = makePolicy({
    policy: bundle === undefined ? policy : { ...policy, bundles: [oneFile(bundle)] },
    catalogue,
    clock: systemClock,
    logger: silent,
  });
  await rollout.refresh();
  const current = rollout.current();
  if (current === undefined) {
    throw new Error(`no policy: ${Object.values(rollout.status().bundles)[0]?.message ?? 'no reason given'}`);
  }
  return { configuration, policy: current };
}

const ada: Principal = {
  kind: 'person',
  id: 'demo:ada',
  issuer: 'demo',
  method: 'jwt',
  roles: ['engineer'],
  groups: ['platform-team'],
  claims: {},
};
const token: TokenLink = {
  kind: 'token',
  id: '019ca000-0000-7000-8000-000000000001',
  issuer: 'demo',
  method: 'jwt',
  scopes: [],
  issued_at: '2026-03-01T08:00:00.000Z',
  expires_at: '2026-03-01T20:00:00.000Z',
};

/** An engineer's chat. @param managed from a laptop that is managed, or from one that is not */
export function ask(policy: PinnedPolicy, managed: boolean, model = 'gpt-5-mini'): Question {
  const now = Date.now();
  return {
    decisionId: newId(now),
    accepted: {
      requestId: newId(now),
      receivedAt: now,
      startedAt: systemClock.monotonic(),
      method: 'POST',
      path: '/v1/chat/completions',
      peer: { address: '127.0.0.1', port: 40_000, encrypted: true },
      protocol: 'openai',
      operation: 'chat',
      upstreamPath: '/chat/completions',
      credentials: [],
      headers: new Map(),
    },
    chain: { chain: [ada, token], principals: [ada], originator: ada, caller: ada, attested: {} },
    facts: {
      context: {
        device: { id: 'laptop-ada', managed, os: 'macOS', evidence: 'attested' },
        location: { ip: '127.0.0.1', network: 'loopback', evidence: 'peer' },
        time: { weekday: 'tuesday', hour: 14, zone: 'UTC' },
      },
      model: { requested: model, resolved: model, candidates: [{ model }] },
      parameters: { max_tokens: 512, temperature: 0.2, message_count: 2, estimated_input_tokens: 180, other: [] },
      stream: false,
      sizeBytes: 780,
      ignoredHeaders: [],
    },
    attempt: { number: 1, previous: [] },
    policy,
  };
}

const triage: readonly [Principal, Principal, Principal] = [
  {
    ...ada,
    groups: ['platform-team', 'all-staff'],
    claims: { department: 'engineering', cost_center: '4711' },
    assurance: { mfa: true, acr: 'urn:acr:phishing-resistant', auth_time: '2026-03-03T07:58:12.000Z' },
  },
  { kind: 'service', id: 'demo:helpdesk', issuer: 'demo', method: 'delegated', roles: ['service'], groups: [], claims: {} },
  {
    kind: 'agent',
    id: 'demo:triage-agent',
    issuer: 'demo',
    method: 'delegated',
    roles: ['agent'],
    groups: [],
    claims: {},
    owner: { kind: 'team', id: 'platform-team' },
  },
];

/** Ids and times are always the same, so that every evaluation gets the same input. The objects are new, as they are for every request, but for the chain. */
const asOf = Date.UTC(2026, 2, 3, 14, 0, 0);
const askedId = '019ca000-0000-7000-8000-000000000002';

const chains = new Map<string, Question['chain']>();

/** A chain as the chain stage gives it: frozen, and the same object as long as the caller comes with the same token. */
function chainOf(role: string): Question['chain'] {
  const known = chains.get(role);
  if (known !== undefined) return known;
  const own = (principal: Principal): Principal => Object.freeze({ ...principal, roles: role === '' ? principal.roles : [role] });
  const principals = [own(triage[0]), own(triage[1]), own(triage[2])] as const;
  const chain = {
    chain: Object.freeze([...principals, Object.freeze({ ...token, scopes: ['openid', 'llm:invoke'] })]),
    principals,
    originator: principals[0],
    caller: principals[2],
    attested: {},
  };
  chains.set(role, chain);
  return chain;
}

/**
 * What a busy request looks like: for a person a service has an agent call, with tools of its own and one of the provider's.
 * @param role the role of all principals; otherwise each has its own
 */
export function askThroughChain(policy: PinnedPolicy, model: string, role = ''): Question {
  return {
    decisionId: askedId,
    accepted: {
      requestId: askedId,
      receivedAt: asOf,
      startedAt: systemClock.monotonic(),
      method: 'POST',
      path: '/v1/chat/completions',
      peer: { address: '10.20.30.40', port: 40_000, encrypted: true },
      protocol: 'openai',
      operation: 'chat',
      upstreamPath: '/chat/completions',
      credentials: [],
      headers: new Map(),
    },
    chain: chainOf(role),
    facts: {
      context: {
        device: { id: 'laptop-ada', managed: true, os: 'macOS', evidence: 'attested' },
        location: { ip: '10.20.30.40', network: 'office', country: 'DE', asn: 64_500, evidence: 'peer' },
        session: { id: 'session-8c1f', age_seconds: 5400, mfa: true },
        time: { weekday: 'tuesday', hour: 14, zone: 'UTC' },
      },
      model: { requested: model, resolved: model, candidates: [{ model, backend: 'provider-a' }] },
      parameters: {
        max_tokens: 4096,
        temperature: 0.2,
        top_p: 0.9,
        n: 1,
        tools: [
          { type: 'function', name: 'find_tickets' },
          { type: 'function', name: 'read_ticket' },
          { type: 'function', name: 'label_ticket' },
          { type: 'function', name: 'assign_ticket' },
          { type: 'web_search' },
        ],
        provider_egress: [{ type: 'web_search' }],
        store: true,
        service_tier: 'default',
        response_format: 'json_schema',
        message_count: 14,
        estimated_input_tokens: 5200,
        other: [],
      },
      stream: true,
      sizeBytes: 21_480,
      ignoredHeaders: [],
    },
    attempt: { number: 1, previous: [] },
    policy,
  };
}
