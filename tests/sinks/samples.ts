import type { AdministrativeRecord, DecidedRecord, DeliveredRecord, SummaryRecord } from '../../gateway/vocabulary/record.ts';

/* Records with every member that the mappings look at, one of each outcome. */

const base = {
  schema: 'regate.decision/1' as const,
  request_id: '0198a5a0-0000-7000-8000-00000000000f',
  attempt: 1,
  labels: { site: 'fra' },
};
const chain = [
  { kind: 'person', id: 'ada', issuer: 'okta', method: 'jwt', roles: ['engineer'] },
  { kind: 'agent', id: 'helper', issuer: 'keys', method: 'key', roles: [], owner: 'ada' },
  { kind: 'token', id: 'tok-1', issuer: 'okta', method: 'jwt', scopes: ['chat'] },
  { kind: 'credential', id: 'openai-main', version: 'abcdef012345' },
] as unknown as NonNullable<DecidedRecord['identity']>['chain'];

const request = {
  ...{ protocol: 'openai', operation: 'chat', method: 'POST', path: '/v1/chat/completions', stream: true, size_bytes: 512 },
  fingerprint: 'f'.repeat(32),
};
const policy = { bundle: 'default', revision: 'r7', digest: 'd7', reasons: [], eval_us: 41, obligations: [] };

export const allowed: DecidedRecord = {
  ...base,
  ...{ kind: 'decided', decision_id: '0198a5a0-0000-7000-8000-000000000001', timestamp: '2026-03-02T10:00:00.000Z', decision: 'allow' },
  bundles: { default: { revision: 'r7', digest: 'd7' } },
  path: 'gateway/decision/answer',
  ...{ input: { version: 1, attempt: { number: 1 } }, result: { allow: true }, erased: ['/input/context'] },
  metrics: { timer_rego_query_eval_ns: 41_000 },
  ...{ requested_by: '198.51.100.7', trace_id: '4bf92f3577b34da6a3ce929d0e0e4736', span_id: '00f067aa0ba902b7' },
  ...{ request, identity: { chain }, policy },
  model: { requested: 'gpt-4.1', sent: 'gpt-4.1-2025' },
  route: { backend: 'openai', model: 'gpt-4.1', credential: 'openai-main' },
};

export const denied: DecidedRecord = {
  ...base,
  ...{ kind: 'decided', decision_id: '0198a5a0-0000-7000-8000-000000000002', timestamp: '2026-03-02T10:00:01.000Z', decision: 'deny' },
  code: 'policy.denied',
  ...{ requested_by: '2001:db8::7', request, identity: { chain: chain.slice(0, 3) } },
  policy: { ...policy, reasons: [{ code: 'model.not-allowed', rule: 'models' }] as NonNullable<DecidedRecord['policy']>['reasons'] },
  model: { requested: 'gpt-4.1' },
};

export const failed: DecidedRecord = {
  ...base,
  ...{ kind: 'decided', decision_id: '0198a5a0-0000-7000-8000-000000000003', timestamp: '2026-03-02T10:00:02.000Z', decision: 'error' },
  ...{
    code: 'policy.deadline',
    detail: 'stopped after 50 ms',
    requested_by: '198.51.100.7',
    request,
    identity: { chain: chain.slice(0, 3) },
  },
};

export const administrativeRecord: AdministrativeRecord = {
  ...{ schema: 'regate.decision/1', kind: 'administrative', decision_id: '0198a5a0-0000-7000-8000-000000000004', labels: {} },
  ...{ timestamp: '2026-03-02T10:00:03.000Z', action: 'keys.create', decision: 'allow', requested_by: '10.0.0.5' },
  ...{ resource: { type: 'key', id: 'k1' }, parameters: { ttl_days: 30 }, identity: { chain: chain.slice(0, 1) } },
  policy: { bundle: 'default', revision: 'r7', digest: 'd7', reasons: [] },
};

export const delivered: DeliveredRecord = {
  ...base,
  ...{ kind: 'delivered', decision_id: allowed.decision_id, timestamp: '2026-03-02T10:00:04.000Z', outcome: 'completed', status: 200 },
  ...{ upstream_status: 200, model: { answered: 'gpt-4.1-2025' }, finish_reason: 'stop', upstream_request_id: 'req_1', bytes_sent: 2048 },
  usage: { input_tokens: 10, output_tokens: 5, cache_read_input_tokens: 3 },
  timing: { first_byte_ms: 120, total_ms: 900, overhead_us: 800 },
};

export const summary: SummaryRecord = {
  ...{ schema: 'regate.decision/1', kind: 'refused-summary', timestamp: '2026-03-02T10:00:10.000Z', labels: {} },
  ...{ since: '2026-03-02T10:00:00.000Z', counts: { 'credential.missing': 12 } },
};
