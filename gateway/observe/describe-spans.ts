import { type Attributes, type HrTime, SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { scrub } from '../secret/known.ts';
import { version } from '../version.ts';
import type { Delivered } from '../vocabulary/delivered.ts';
import type { Story } from '../vocabulary/story.ts';
import { callSpanOf, decisionSpanOf, type TracePlace } from './trace-ids.ts';

export interface Timing {
  readonly totalMs: number;
  readonly overheadMs: number;
}

export interface SpanNeeds {
  readonly resource: Resource;
  readonly guardrailNames: boolean;
}

/** OpenTelemetry's names of what is asked (gen_ai semantic conventions); others are told under our own name. */
const operations: Readonly<Record<string, string>> = {
  chat: 'chat',
  responses: 'chat',
  completions: 'text_completion',
  embeddings: 'embeddings',
};

/**
 * Tells an attempt as spans: the decision, the call to the backend where there was one, and, with the attempt that the caller's answer came of, the request.
 * They are made when the attempt has ended, out of what the record holds, so they cost a request nothing while it is under way. No prompt, no answer,
 * no credential is in them.
 */
export function describeSpans(
  story: Story,
  delivered: Delivered,
  timing: Timing,
  place: TracePlace,
  needs: SpanNeeds,
): readonly ReadableSpan[] {
  const { arrival, decisionId, decision } = story;
  const make = makeSpan(place, needs.resource);
  const beganAt = arrival.receivedAt;
  const decidedAt = beganAt + timing.overheadMs;
  const endedAt = beganAt + timing.totalMs;
  const spans: ReadableSpan[] = [];
  const parent = place.spanId;
  if (decision !== undefined) {
    spans.push(
      make({
        ...{
          id: decisionSpanOf(decisionId),
          parent,
          name: needs.guardrailNames ? 'run_guardrail' : 'regate.policy.decide',
          kind: SpanKind.INTERNAL,
        },
        ...{ from: Math.max(beganAt, decidedAt - decision.evalUs / 1000), to: decidedAt },
        attributes: { ...describeDecision(story), ...(needs.guardrailNames ? describeGuardrail(story) : {}) },
      }),
    );
  }
  if (story.route !== undefined && story.refusal === undefined) {
    const failed = delivered.outcome !== 'completed' && delivered.outcome !== 'client-aborted';
    spans.push(
      make({
        ...{ id: callSpanOf(decisionId), parent, name: callName(story), kind: SpanKind.CLIENT, from: decidedAt, to: endedAt },
        attributes: { ...describeCall(story, delivered), ...(failed ? { 'error.type': delivered.outcome } : {}) },
        failed,
      }),
    );
  }
  // Of an attempt after which another one followed, the caller has seen nothing.
  if (delivered.status !== undefined || delivered.outcome === 'client-aborted') {
    const failed = (delivered.status ?? 0) >= 500;
    spans.push(
      make({
        ...{
          id: parent,
          ...(place.parentId === undefined ? {} : { parent: place.parentId }),
          name: `${arrival.method} ${arrival.path}`,
          kind: SpanKind.SERVER,
        },
        ...{ from: beganAt, to: endedAt, attributes: describeRequest(story, delivered), failed },
      }),
    );
  }
  return spans;
}

function describeRequest({ arrival, operation, chain, refusal, decisionId }: Story, delivered: Delivered): Attributes {
  return clean({
    'http.request.method': arrival.method,
    'url.path': arrival.path,
    'http.response.status_code': delivered.status,
    'regate.request.id': arrival.requestId,
    'regate.decision.id': decisionId,
    'regate.operation': operation,
    'regate.outcome': delivered.outcome,
    'regate.identity.originator': chain?.originator.id,
    'regate.identity.caller': chain?.caller.id,
    'error.type': refusal?.code ?? delivered.code,
  });
}

function describeDecision({ decisionId, attempt, decision, refusal, obligations }: Story): Attributes {
  return clean({
    'regate.decision.id': decisionId,
    'regate.decision.allow': refusal === undefined,
    'regate.decision.code': refusal?.code,
    'regate.attempt': attempt.number,
    'regate.policy.bundle': decision?.policy.bundle,
    'regate.policy.revision': decision?.policy.revision,
    'regate.policy.digest': decision?.policy.digest,
    'regate.policy.evaluation_us': decision?.evalUs,
    'regate.policy.reasons': decision?.answer.reasons.map(({ code }) => code),
    'regate.policy.obligations': obligations?.map(({ type, outcome }) => `${type}:${outcome}`),
  });
}

/** The names proposed for guardrails, which name policy engines among them. Not in a release yet, so only where they are asked for. */
function describeGuardrail({ decision, refusal }: Story): Attributes {
  return clean({
    'gen_ai.guardrail.component.name': 'regate',
    'gen_ai.guardrail.target.type': 'request',
    'gen_ai.guardrail.verdict.type': refusal !== undefined ? 'deny' : (decision?.answer.obligations.length ?? 0) > 0 ? 'modify' : 'allow',
    'gen_ai.guardrail.verdict.code': refusal?.code ?? decision?.answer.reasons[0]?.code,
    'gen_ai.guardrail.security.policy.id': decision?.policy.revision,
  });
}

function describeCall({ operation, decision, request, route }: Story, { usage, ...delivered }: Delivered): Attributes {
  const { parameters } = decision?.input ?? {};
  return clean({
    'gen_ai.operation.name': operation === undefined ? undefined : operations[operation],
    'gen_ai.provider.name': decision?.input.request.protocol,
    'gen_ai.request.model': route?.upstreamModel,
    'gen_ai.request.max_tokens': parameters?.max_tokens,
    'gen_ai.request.temperature': parameters?.temperature,
    'gen_ai.request.choice.count': parameters?.n,
    'gen_ai.request.stream': request?.stream,
    'gen_ai.response.model': delivered.modelAnswered,
    'gen_ai.response.finish_reasons': delivered.finishReason === undefined ? undefined : [delivered.finishReason],
    'gen_ai.response.time_to_first_chunk': delivered.firstByteMs === undefined ? undefined : delivered.firstByteMs / 1000,
    'gen_ai.usage.input_tokens': usage?.input_tokens,
    'gen_ai.usage.output_tokens': usage?.output_tokens,
    'gen_ai.usage.cache_read.input_tokens': usage?.cache_read_input_tokens,
    'gen_ai.usage.cache_creation.input_tokens': usage?.cache_creation_input_tokens,
    'gen_ai.usage.reasoning.output_tokens': usage?.reasoning_output_tokens,
    'http.response.status_code': delivered.upstreamStatus,
    'regate.backend': route?.backend,
    'regate.model': route?.model,
    'regate.credential.id': route?.credential,
  });
}

function callName({ operation, route }: Story): string {
  const name = operation === undefined ? 'call' : (operations[operation] ?? operation);
  return `${name} ${route?.upstreamModel ?? ''}`.trim();
}

/** Leaves out what is not known. What a caller wrote passes the net for secrets, as in records and logs. */
function clean(attributes: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>): Attributes {
  const kept: Attributes = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined) continue;
    if (typeof value === 'string') kept[name] = scrub(value).text;
    else if (typeof value === 'object') kept[name] = value.map((each) => scrub(each).text);
    else kept[name] = value;
  }
  return kept;
}

interface Told {
  readonly id: string;
  readonly parent?: string;
  readonly name: string;
  readonly kind: SpanKind;
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
  readonly attributes: Attributes;
  readonly failed?: boolean;
}

function makeSpan({ traceId, sampled }: TracePlace, resource: Resource) {
  const traceFlags = sampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
  return ({ id, parent, name, kind, from, to, attributes, failed = false }: Told): ReadableSpan => {
    const span = {
      ...{
        name: scrub(name).text,
        kind,
        attributes,
        resource,
        startTime: toHrTime(from),
        endTime: toHrTime(to),
        duration: toHrTime(Math.max(0, to - from)),
      },
      spanContext: () => ({ traceId, spanId: id, traceFlags }),
      status: { code: failed ? SpanStatusCode.ERROR : SpanStatusCode.UNSET },
      instrumentationScope: { name: 'regate', version },
      ...{ links: [], events: [], ended: true, droppedAttributesCount: 0, droppedEventsCount: 0, droppedLinksCount: 0 },
    };
    return parent === undefined ? span : { ...span, parentSpanContext: { traceId, spanId: parent, traceFlags } };
  };
}

function toHrTime(milliseconds: number): HrTime {
  const seconds = Math.floor(milliseconds / 1000);
  return [seconds, Math.round((milliseconds - seconds * 1000) * 1e6)];
}
