import type { Question } from '../../../gateway/pipeline/decide/decide.ts';
import type { PinnedPolicy } from '../../../gateway/vocabulary/decision.ts';
import type { Principal } from '../../../gateway/vocabulary/identity.ts';
import type { Accepted, Operation } from '../../../gateway/vocabulary/request.ts';

const engineer: Principal = {
  kind: 'person',
  id: 'okta:00u1',
  issuer: 'okta',
  method: 'jwt',
  roles: ['engineer'],
  groups: [],
  claims: {},
};

export const accepted: Accepted = {
  requestId: '01900000-0000-7000-8000-000000000001',
  receivedAt: 1772366400000,
  startedAt: 5,
  method: 'POST',
  path: '/v1/chat/completions',
  peer: { address: '127.0.0.1', port: 1, encrypted: true },
  protocol: 'openai',
  operation: 'chat',
  upstreamPath: '/chat/completions',
  credentials: [],
  headers: new Map([['authorization', ['never in the input']]]),
};

/** A policy that gives these values, by entry point. */
export function policyOf(values: Readonly<Record<string, unknown>>): PinnedPolicy & { readonly inputs: unknown[] } {
  const inputs: unknown[] = [];
  return {
    inputs,
    stamp: { bundle: 'regate', revision: 'r1', digest: 'd1' },
    has: (entrypoint) => Object.hasOwn(values, entrypoint),
    evaluate(entrypoint, input) {
      inputs.push(input);
      const value = values[entrypoint];
      if (value instanceof Error) throw value;
      return value;
    },
  };
}

/** An engineer's chat with `small`, but for what is said otherwise. */
export function ask(policy: PinnedPolicy, more: { model?: string; operation?: Operation; attempt?: Question['attempt'] } = {}): Question {
  const { model = 'small', operation = 'chat', attempt = { number: 1, previous: [] } } = more;
  return {
    decisionId: '01900000-0000-7000-8000-000000000002',
    accepted: { ...accepted, operation },
    chain: {
      chain: [engineer, { kind: 'token', id: 'jti-1', issuer: 'okta', method: 'jwt', scopes: [] }],
      principals: [engineer],
      originator: engineer,
      caller: engineer,
      attested: {},
    },
    facts: {
      context: { time: { weekday: 'sunday', hour: 12, zone: 'UTC' } },
      ...(operation === 'models'
        ? {}
        : { model: { requested: 'fast', resolved: model, candidates: [{ model }] }, parameters: { other: [] } }),
      stream: false,
      sizeBytes: 120,
      ignoredHeaders: ['x-device-id'],
    },
    attempt,
    policy,
  };
}
