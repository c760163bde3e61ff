import type { AdministrativeRecord, DecidedRecord, DeliveredRecord, SummaryRecord } from '../../gateway/vocabulary/record.ts';

/*
 * The JSON Schema of the decision log's entries. Its members are checked against the types by the compiler: a member that the one has and the other
 * has not does not compile. That the types are what is really written, the stories check.
 */

type Node = Readonly<Record<string, unknown>>;
type Required<T> = { [K in keyof T]-?: undefined extends T[K] ? never : K }[keyof T];

const text: Node = { type: 'string' };
const count: Node = { type: 'integer', minimum: 0 };
const number: Node = { type: 'number', minimum: 0 };
const flag: Node = { type: 'boolean' };
const time: Node = { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z$' };
const digest: Node = { type: 'string', pattern: '^[0-9a-f]{64}$' };
const any: Node = {};
const one = (...values: readonly string[]): Node => ({ enum: values });
const list = (items: Node): Node => ({ type: 'array', items });
const map = (values: Node): Node => ({ type: 'object', additionalProperties: values });

/** A closed object. @param required the members that are always there */
function object<T>(properties: { [K in keyof T]-?: Node }, required: readonly Required<T>[]): Node {
  return { type: 'object', additionalProperties: false, properties, required };
}

const owner = object<{ kind: string; id: string }>({ kind: one('person', 'team'), id: text }, ['kind', 'id']);
const method = one('oidc', 'saml', 'jwt', 'mtls', 'spiffe', 'kubernetes', 'virtual-key', 'delegated', 'device-token');
const principal: Node = {
  ...{ type: 'object', additionalProperties: false, required: ['kind', 'id', 'issuer', 'method', 'roles'] },
  properties: {
    ...{ kind: one('person', 'service', 'agent', 'team'), id: text, issuer: text, method, roles: list(text), owner },
    assurance: { type: 'object', additionalProperties: false, properties: { mfa: flag, acr: text, auth_time: text } },
  },
};
const token: Node = {
  ...{ type: 'object', additionalProperties: false, required: ['kind', 'id', 'issuer', 'method', 'scopes'] },
  properties: {
    ...{ kind: one('token'), id: text, issuer: text, method, evidence: one('peer', 'trusted-proxy'), scopes: list(text) },
    ...{ limits: { type: 'object' }, issued_at: text, expires_at: text },
  },
};
const credential = object<{ kind: string; id: string; version: string }>({ kind: one('credential'), id: text, version: text }, [
  'kind',
  'id',
  'version',
]);
const identity = object<{ chain: readonly object[] }>({ chain: list({ anyOf: [principal, token, credential] }) }, ['chain']);
const reason = object<{ code: string; rule?: string }>({ code: text, rule: text }, ['code']);
const obligation = object<{ type: string; outcome: string }>({ type: text, outcome: one('discharged', 'not-run', 'blocked') }, [
  'type',
  'outcome',
]);
const bundle = object<{ revision: string; digest?: string }>({ revision: text, digest }, ['revision']);
const stamp = { bundle: text, revision: text, digest: text, reasons: list(reason) };
const content: Node = {
  ...{ type: 'object', additionalProperties: false, required: ['size', 'digest', 'key'] },
  properties: { size: count, digest: text, key: text, truncated: flag, lost: flag },
};
const usage: Node = {
  ...{ type: 'object', additionalProperties: false },
  properties: {
    ...{ input_tokens: count, output_tokens: count, cache_read_input_tokens: count },
    ...{ cache_creation_input_tokens: count, reasoning_output_tokens: count },
  },
};
const outcome = one(
  ...(['completed', 'client-aborted', 'upstream-unreachable', 'upstream-timeout', 'upstream-broke-off'] as const),
  ...(['upstream-error', 'refused', 'gateway-error'] as const),
);

const shared = { schema: one('regate.decision/1'), timestamp: time, labels: map(text) };
const both = { ...shared, decision_id: text, request_id: text, attempt: { type: 'integer', minimum: 1 }, sinks: one('drop') };
const decision = one('allow', 'deny', 'error');

const decided = object<DecidedRecord>(
  {
    ...{ ...both, kind: one('decided'), decision, code: text, detail: text },
    ...{ bundles: map(bundle), path: text, input: any, result: any, nd_builtin_cache: map({ type: 'object' }) },
    ...{ erased: list(text), masked: list(text), metrics: map(number), requested_by: text, trace_id: text, span_id: text },
    mask: {
      anyOf: [
        object<{ by: string }>({ by: one('policy') }, ['by']),
        object<{ by: string; why: string }>({ by: one('built-in'), why: one('missing', 'undefined', 'failed', 'malformed') }, [
          'by',
          'why',
        ]),
      ],
    },
    request: object<DecidedRecord['request']>(
      {
        ...{ protocol: text, operation: text, method: text, path: text, stream: flag, size_bytes: count },
        ...{ fingerprint: { type: 'string', pattern: '^[0-9a-f]{32}$' }, ignored_headers: list(text) },
      },
      ['protocol', 'method', 'path'],
    ),
    identity,
    policy: object<NonNullable<DecidedRecord['policy']>>({ ...stamp, eval_us: number, obligations: list(obligation) }, [
      ...(['bundle', 'revision', 'digest', 'reasons', 'eval_us', 'obligations'] as const),
    ]),
    model: object<NonNullable<DecidedRecord['model']>>({ requested: text, sent: text }, []),
    route: object<NonNullable<DecidedRecord['route']>>({ backend: text, model: text, credential: text }, [
      'backend',
      'model',
      'credential',
    ]),
    audit: object<NonNullable<DecidedRecord['audit']>>({ class: text, capture: one('metadata', 'content'), labels: map(text) }, []),
    content,
    catalogue: text,
  },
  ['schema', 'kind', 'decision_id', 'request_id', 'attempt', 'timestamp', 'labels', 'decision', 'requested_by', 'request'],
);

const delivered = object<DeliveredRecord>(
  {
    ...{ ...both, kind: one('delivered'), outcome, code: text, status: count, upstream_status: count, usage },
    ...{ finish_reason: text, upstream_request_id: text, bytes_sent: count, content },
    model: object<NonNullable<DeliveredRecord['model']>>({ answered: text }, []),
    timing: object<DeliveredRecord['timing']>({ first_byte_ms: number, total_ms: number, overhead_us: number }, [
      'total_ms',
      'overhead_us',
    ]),
  },
  ['schema', 'kind', 'decision_id', 'request_id', 'attempt', 'timestamp', 'labels', 'outcome', 'bytes_sent', 'timing'],
);

const summary = object<SummaryRecord>({ ...shared, kind: one('refused-summary'), since: time, counts: map(count) }, [
  ...(['schema', 'kind', 'timestamp', 'labels', 'since', 'counts'] as const),
]);

const administrative = object<AdministrativeRecord>(
  {
    ...{ ...shared, kind: one('administrative'), decision_id: text, request_id: text, decision, code: text, detail: text },
    ...{ action: { type: 'string', pattern: '^[a-z-]+(?:\\.[a-z-]+)+$' }, parameters: { type: 'object' }, requested_by: text, identity },
    resource: object<NonNullable<AdministrativeRecord['resource']>>({ type: text, id: text }, ['type']),
    policy: object<NonNullable<AdministrativeRecord['policy']>>(stamp, ['bundle', 'revision', 'digest', 'reasons']),
    context: { type: 'object' },
  },
  ['schema', 'kind', 'decision_id', 'timestamp', 'labels', 'action', 'decision'],
);

/** The schema of an entry: a line of the log without the frame around it (`seq`, `prev`, `hash`). */
export function recordSchema(): object {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'An entry of the decision log: a line without seq, prev and hash (docs/reference/decision-log.md)',
    oneOf: [
      { $ref: '#/$defs/decided' },
      { $ref: '#/$defs/delivered' },
      { $ref: '#/$defs/refused-summary' },
      { $ref: '#/$defs/administrative' },
    ],
    $defs: { decided, delivered, 'refused-summary': summary, administrative },
  };
}
