import type { Arrival } from '../vocabulary/request.ts';

/** Where a request stands in a trace (W3C Trace Context section 3.2). Lower-case hex. */
export interface TracePlace {
  readonly traceId: string;
  /** Of the request's own span. */
  readonly spanId: string;
  /** The caller's span. */
  readonly parentId?: string;
  readonly sampled: boolean;
}

const hex = (id: string): string => id.replaceAll('-', '');

/**
 * Says where a request stands. Nothing is kept for it: the ids are those by which the record knows the request anyway. A UUID has 128 bits, as a trace id
 * has, and its last 64 are random (RFC 9562 section 5.7).
 */
export function placeOf({ requestId, trace }: Pick<Arrival, 'requestId' | 'trace'>, ratio: number): TracePlace {
  const own = hex(requestId);
  if (trace !== undefined) return { traceId: trace.traceId, spanId: own.slice(16), parentId: trace.spanId, sampled: trace.sampled };
  return { traceId: own, spanId: own.slice(16), sampled: Number.parseInt(own.slice(20), 16) < ratio * 16 ** 12 };
}

/** The span of an attempt's call to its backend. */
export const callSpanOf = (decisionId: string): string => hex(decisionId).slice(16);

/** The span of the decision itself. Its random bits are the call's, the other way round. */
export const decisionSpanOf = (decisionId: string): string => [...callSpanOf(decisionId)].reverse().join('');

/** What the backend is told: its caller is the span of the call. */
export function writeTraceparent({ traceId, sampled }: TracePlace, decisionId: string): string {
  return `00-${traceId}-${callSpanOf(decisionId)}-${sampled ? '01' : '00'}`;
}
