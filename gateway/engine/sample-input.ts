import type { Principal } from '../vocabulary/identity.ts';
import type { PolicyInput } from '../vocabulary/policy-input.ts';

const nobody: Principal = {
  kind: 'person',
  id: 'regate-sample:nobody',
  issuer: 'regate-sample',
  method: 'jwt',
  roles: [],
  groups: [],
  claims: {},
};

/** A request of nobody, put to every new revision before it may decide. What it answers is thrown away; that it answers is what counts. */
export const sampleInput: PolicyInput = {
  version: 1,
  request: {
    id: '00000000-0000-7000-8000-000000000000',
    time: '2026-01-01T00:00:00.000Z',
    protocol: 'openai',
    operation: 'chat',
    method: 'POST',
    path: '/v1/chat/completions',
    stream: false,
    size_bytes: 2,
  },
  identity: {
    chain: [nobody, { kind: 'token', id: 'sample', issuer: 'regate-sample', method: 'jwt', scopes: [] }],
    principals: [nobody],
    originator: nobody,
    caller: nobody,
  },
  context: { time: { weekday: 'thursday', hour: 0, zone: 'UTC' } },
  model: { requested: 'regate-sample', resolved: 'regate-sample', candidates: [{ model: 'regate-sample' }] },
  parameters: { other: [] },
  attempt: { number: 1, previous: [] },
};
