import { Breakage, type Refusal } from '../../../gateway/errors.ts';
import { makeRecord, type RecordNeeds } from '../../../gateway/pipeline/record/record.ts';
import type { Decision, PinnedPolicy } from '../../../gateway/vocabulary/decision.ts';
import type { Delivered } from '../../../gateway/vocabulary/delivered.ts';
import type { IdentityChain, Principal } from '../../../gateway/vocabulary/identity.ts';
import type { LogFields, Logger } from '../../../gateway/vocabulary/logger.ts';
import type { Story } from '../../../gateway/vocabulary/story.ts';

export const start = Date.UTC(2026, 0, 2, 3, 4, 5);

export function makePerson(): Principal {
  return {
    kind: 'person',
    id: 'okta:00u1',
    issuer: 'okta',
    method: 'jwt',
    roles: ['engineer'],
    groups: ['group-of-the-person'],
    claims: { email: 'ada@example.com' },
  };
}

export function makeIdentity(): IdentityChain {
  const person = makePerson();
  const token = { kind: 'token', id: 'jti-1', issuer: 'okta', method: 'jwt', scopes: [] } as const;
  return { chain: [person, token], principals: [person], originator: person, caller: person, attested: {} };
}

export function makeDecision(allow: boolean): Decision {
  const { chain, principals, originator, caller } = makeIdentity();
  return {
    decisionId: 'decision-1',
    attempt: { number: 1, previous: [] },
    policy: { bundle: 'demo', revision: 'r1', digest: 'd'.repeat(64) },
    input: {
      version: 1,
      request: {
        id: 'request-1',
        time: '2026-01-02T03:04:05.000Z',
        protocol: 'openai',
        operation: 'chat',
        method: 'POST',
        path: '/v1/chat/completions',
        stream: false,
        size_bytes: 99,
      },
      identity: { chain, principals, originator, caller },
      context: { time: { weekday: 'friday', hour: 3, zone: 'UTC' } },
      model: { requested: 'the-model-as-asked', resolved: 'small', candidates: [{ model: 'small' }] },
      attempt: { number: 1, previous: [] },
    },
    answer: {
      allow,
      reasons: [{ code: allow ? 'role.granted' : 'device.unmanaged', rule: 'platform', message: 'quotes the-model-as-asked' }],
      fallbacks: [],
      obligations: [{ type: 'cap-tokens', max: 10 }],
      audit: { class: 'standard', labels: { text: 'label-of-the-answer' } },
    },
    evalUs: 42.5,
    ...(allow && { route: { backend: 'openai', model: 'small', upstreamModel: 'gpt-small', credential: 'openai-key' } }),
  };
}

export function makeArrival(): Story['arrival'] {
  return {
    requestId: 'request-1',
    receivedAt: start,
    startedAt: 0,
    method: 'POST',
    path: '/v1/chat/completions',
    peer: { address: '192.0.2.7', port: 4711, encrypted: true },
    protocol: 'openai',
    trace: { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), sampled: true },
  };
}

export function makeAllowed(): Story {
  const decision = makeDecision(true);
  return {
    arrival: makeArrival(),
    decisionId: 'decision-1',
    attempt: decision.attempt,
    operation: 'chat',
    chain: makeIdentity(),
    request: { stream: false, sizeBytes: 99, ignoredHeaders: ['x-device-id'], model: 'the-model-as-asked' },
    decision,
    obligations: [{ type: 'cap-tokens', outcome: 'discharged' }],
    ...(decision.route && { route: decision.route }),
    credential: { kind: 'credential', id: 'openai-key', version: 'v3' },
  };
}

export function makeRefused(refusal: Refusal, decision: Decision | undefined = makeDecision(false)): Story {
  const { credential: _c, route: _r, obligations: _o, decision: _d, ...rest } = makeAllowed();
  return { ...rest, ...(decision && { decision }), refusal };
}

/** A refused caller whom nobody knows. */
export function makeUnknown(refusal: Refusal): Story {
  return { arrival: makeArrival(), decisionId: 'decision-1', attempt: { number: 1, previous: [] }, refusal };
}

export const delivery: Delivered = {
  outcome: 'completed',
  status: 200,
  upstreamStatus: 200,
  committed: true,
  usage: { input_tokens: 3, output_tokens: 5 },
  modelAnswered: 'gpt-small-2026',
  finishReason: 'stop',
  upstreamRequestId: 'req_1',
  firstByteMs: 12.3456,
  bytesSent: 321,
};

/** A policy whose mask answers as told. */
export function makePolicy(mask: (event: unknown) => unknown): PinnedPolicy & { readonly events: unknown[] } {
  const events: unknown[] = [];
  return {
    events,
    stamp: { bundle: 'demo', revision: 'r1', digest: 'd'.repeat(64) },
    has: (entrypoint) => entrypoint === 'system/log/mask',
    evaluate(entrypoint, input) {
      if (entrypoint !== 'system/log/mask') throw new Breakage('policy.unavailable', 'no such entry point');
      events.push(JSON.parse(JSON.stringify(input)));
      return mask(input);
    },
  };
}

/** A record stage over a log in memory. Entries are kept as they would be read again. */
export function setUp(more: Partial<RecordNeeds> = {}) {
  const appended: Record<string, unknown>[] = [];
  const enqueued: Record<string, unknown>[] = [];
  const logged: { level: string; message: string; fields?: LogFields | undefined }[] = [];
  const at = (level: string) => (message: string, fields?: LogFields) => void logged.push({ level, message, fields });
  const logger: Logger = { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') };
  let passed = 0;
  let failure: Error | undefined;
  const parse = (entry: object) => JSON.parse(JSON.stringify(entry)) as Record<string, unknown>;
  const recorder = makeRecord({
    log: {
      async append(entry) {
        if (failure !== undefined) throw failure;
        appended.push(parse(entry));
      },
      enqueue: (entry) => void enqueued.push(parse(entry)),
    },
    clock: { now: () => start + passed, monotonic: () => passed },
    labels: { gateway: 'eu-1' },
    catalogueDigest: 'c'.repeat(64),
    anonymousPerSecond: 2,
    logger,
    ...more,
  });
  return {
    recorder,
    appended,
    enqueued,
    logged,
    push: (ms: number) => {
      passed += ms;
    },
    fail: (error: Error | undefined) => {
      failure = error;
    },
  };
}
