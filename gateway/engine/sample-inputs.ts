import type { Principal } from '../vocabulary/identity.ts';
import type { PolicyInput } from '../vocabulary/policy-input.ts';

const principal = (kind: Principal['kind'], name: string): Principal => ({
  kind,
  id: `regate-sample:${name}`,
  issuer: 'regate-sample',
  method: kind === 'agent' ? 'delegated' : 'jwt',
  roles: [],
  groups: [],
  claims: {},
});
const nobody = principal('person', 'nobody');
const agent = principal('agent', 'agent');

const chat: PolicyInput = {
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

const { model: _model, parameters: _parameters, ...bare } = chat;

/** Requests of nobody, put to every new revision before it may decide. What it answers is thrown away; that it answers well is what counts. */
export const sampleInputs: Readonly<Record<string, PolicyInput>> = {
  chat,
  'a list of models': { ...bare, request: { ...chat.request, operation: 'models', method: 'GET', path: '/v1/models', size_bytes: 0 } },
  'chat of an agent, with everything optional': {
    ...chat,
    request: { ...chat.request, stream: true, size_bytes: 2_000_000 },
    identity: {
      chain: [nobody, agent, { kind: 'token', id: 'sample', issuer: 'regate-sample', method: 'jwt', scopes: ['chat'] }],
      principals: [nobody, agent],
      originator: nobody,
      caller: agent,
    },
    context: {
      device: { id: 'sample', managed: false, os: 'linux', evidence: 'asserted' },
      location: { ip: '192.0.2.1', network: 'sample', country: 'ZZ', asn: 64496, evidence: 'peer' },
      session: { id: 'sample', age_seconds: 1, mfa: false },
      time: { weekday: 'sunday', hour: 23, zone: 'UTC' },
    },
    parameters: {
      max_tokens: 1_000_000,
      temperature: 2,
      top_p: 1,
      n: 8,
      tools: [{ type: 'function', name: 'sample' }],
      provider_egress: [{ type: 'web_search', host: 'sample.invalid' }],
      store: true,
      background: true,
      service_tier: 'sample',
      response_format: 'json_schema',
      message_count: 1000,
      estimated_input_tokens: 500_000,
      other: ['sample'],
    },
  },
  'the next attempt after a failure': {
    ...chat,
    attempt: {
      number: 2,
      candidate: { backend: 'regate-sample', model: 'regate-sample', credential: 'regate-sample' },
      previous: [{ backend: 'regate-sample-first', outcome: 'upstream.unreachable' }],
    },
  },
};

/** The first of them. */
export const sampleInput: PolicyInput = chat;
