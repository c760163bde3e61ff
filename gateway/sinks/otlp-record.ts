import type { AdministrativeRecord, ComparisonRecord, DecidedRecord, DecisionLogEntry, DeliveredRecord } from '../vocabulary/record.ts';
import type { SinkLine } from './sender.ts';
import { whoOf } from './who.ts';

/** A value in OTLP's JSON (opentelemetry-proto, common.proto; 64-bit integers are strings). */
export type AnyValue =
  | { readonly stringValue: string }
  | { readonly boolValue: boolean }
  | { readonly intValue: string }
  | { readonly doubleValue: number }
  | { readonly arrayValue: { readonly values: readonly AnyValue[] } };

export interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}

/** A record in OTLP's JSON (opentelemetry-proto, logs.proto). Trace and span id are hex there, not base64. */
export interface OtlpLogRecord {
  readonly timeUnixNano: string;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly eventName: string;
  readonly body: AnyValue;
  readonly attributes: readonly KeyValue[];
  readonly traceId?: string;
  readonly spanId?: string;
}

type Attributes = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

const severities = { INFO: 9, WARN: 13, ERROR: 17 } as const;

/** OpenTelemetry's names of what is asked (gen_ai semantic conventions). */
const operations: Readonly<Record<string, string>> = {
  chat: 'chat',
  responses: 'chat',
  completions: 'text_completion',
  embeddings: 'embeddings',
};

/** Writes a line as a log record. Its body is the line as it stands in the log, so that its hash can be checked; what is searched for are attributes. */
export function writeLogRecord({ segment, number, bytes }: SinkLine, entry: DecisionLogEntry): OtlpLogRecord {
  const severityText = severityOf(entry);
  const traced = entry.kind === 'decided' && entry.trace_id !== undefined ? entry : undefined;
  return {
    timeUnixNano: `${Date.parse(entry.timestamp)}000000`,
    severityNumber: severities[severityText],
    severityText,
    eventName: `regate.${entry.kind}`,
    body: { stringValue: bytes.toString('utf8') },
    attributes: attributes({ 'regate.log.segment': segment, 'regate.log.line': number, ...describe(entry) }),
    ...(traced?.trace_id !== undefined && { traceId: traced.trace_id }),
    ...(traced?.span_id !== undefined && { spanId: traced.span_id }),
  };
}

function severityOf(entry: DecisionLogEntry): keyof typeof severities {
  if (entry.kind === 'refused-summary') return 'WARN';
  if (entry.kind === 'compared') return 'INFO';
  if (entry.kind === 'delivered') {
    return entry.outcome === 'completed' || entry.outcome === 'refused' || entry.outcome === 'client-aborted' ? 'INFO' : 'ERROR';
  }
  return ({ allow: 'INFO', deny: 'WARN', error: 'ERROR' } as const)[entry.decision];
}

function describe(entry: DecisionLogEntry): Attributes {
  const labels = Object.fromEntries(Object.entries(entry.labels).map(([name, value]) => [`regate.label.${name}`, value]));
  if (entry.kind === 'refused-summary') {
    return { ...labels, 'regate.refused': Object.values(entry.counts).reduce((sum, count) => sum + count, 0) };
  }
  const { originator, caller } = whoOf(entry);
  return {
    ...labels,
    'regate.decision.id': entry.decision_id,
    'regate.request.id': entry.request_id,
    'regate.code': 'code' in entry ? entry.code : undefined,
    'regate.identity.originator': originator?.id,
    'regate.identity.originator.kind': originator?.kind,
    'regate.identity.caller': caller?.id,
    'regate.identity.caller.kind': caller?.kind,
    ...(entry.kind === 'delivered' && describeDelivered(entry)),
    ...(entry.kind === 'compared' && describeComparison(entry)),
    ...('decision' in entry && describeDecision(entry)),
    ...(entry.kind === 'decided' && describeRequest(entry)),
    ...(entry.kind === 'administrative' && { 'regate.action': entry.action, 'regate.resource': entry.resource?.id }),
  };
}

function describeDecision({ decision, policy, requested_by }: DecidedRecord | AdministrativeRecord): Attributes {
  return {
    'regate.decision': decision,
    'regate.policy.bundle': policy?.bundle,
    'regate.policy.revision': policy?.revision,
    'regate.policy.reasons': policy?.reasons.map(({ code }) => code),
    'client.address': requested_by,
  };
}

function describeComparison({ attempt, policy, candidate, changes }: ComparisonRecord): Attributes {
  return {
    'regate.attempt': attempt,
    'regate.policy.revision': policy.revision,
    'regate.candidate.revision': candidate.revision,
    'regate.candidate.changes': changes,
  };
}

function describeRequest({ request, attempt, model, route }: DecidedRecord): Attributes {
  return {
    'regate.attempt': attempt,
    'regate.operation': request.operation,
    'http.request.method': request.method,
    'url.path': request.path,
    'gen_ai.operation.name': request.operation === undefined ? undefined : operations[request.operation],
    'gen_ai.provider.name': request.protocol,
    'gen_ai.request.model': model?.sent ?? model?.requested,
    'regate.model': model?.requested,
    'regate.backend': route?.backend,
    'regate.credential.id': route?.credential,
  };
}

function describeDelivered({ attempt, outcome, status, usage, model, finish_reason, timing }: DeliveredRecord): Attributes {
  return {
    'regate.attempt': attempt,
    'regate.outcome': outcome,
    'http.response.status_code': status,
    'gen_ai.response.model': model?.answered,
    'gen_ai.response.finish_reasons': finish_reason === undefined ? undefined : [finish_reason],
    'gen_ai.response.time_to_first_chunk': timing.first_byte_ms === undefined ? undefined : timing.first_byte_ms / 1000,
    'gen_ai.usage.input_tokens': usage?.input_tokens,
    'gen_ai.usage.output_tokens': usage?.output_tokens,
    'gen_ai.usage.cache_read.input_tokens': usage?.cache_read_input_tokens,
    'gen_ai.usage.cache_creation.input_tokens': usage?.cache_creation_input_tokens,
    'gen_ai.usage.reasoning.output_tokens': usage?.reasoning_output_tokens,
  };
}

export function attributes(values: Attributes): readonly KeyValue[] {
  return Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [{ key, value: anyValue(value) }]));
}

function anyValue(value: string | number | boolean | readonly string[]): AnyValue {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number') return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  return { arrayValue: { values: value.map((stringValue) => ({ stringValue })) } };
}
