import type { Delivered } from '../../vocabulary/delivered.ts';
import type { DeliveredRecord } from '../../vocabulary/record.ts';
import type { Story } from '../../vocabulary/story.ts';

// Texts of a backend are cut: a record is no place for an answer that pretends to be a model's name.
const longestText = 128;
const cut = (text: string | undefined): string | undefined => text?.slice(0, longestText);
const toMicro = (ms: number): number => Math.round(ms * 1000) / 1000;

export interface Timing {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly totalMs: number;
  readonly overheadMs: number;
}

/** Tells the second half of a record. Nothing in it comes from the caller. */
export function describeDelivered(
  story: Story,
  delivered: Delivered,
  labels: Readonly<Record<string, string>>,
  { now, totalMs, overheadMs }: Timing,
): DeliveredRecord {
  const known: { [K in keyof DeliveredRecord]: DeliveredRecord[K] | undefined } = {
    schema: 'regate.decision/1',
    kind: 'delivered',
    decision_id: story.decisionId,
    request_id: story.arrival.requestId,
    attempt: story.attempt.number,
    timestamp: new Date(now).toISOString(),
    labels,
    outcome: delivered.outcome,
    code: story.refusal?.code ?? delivered.code,
    status: delivered.status,
    upstream_status: delivered.upstreamStatus,
    usage: delivered.usage,
    model: delivered.modelAnswered === undefined ? undefined : { answered: delivered.modelAnswered.slice(0, longestText) },
    finish_reason: cut(delivered.finishReason),
    upstream_request_id: cut(delivered.upstreamRequestId),
    bytes_sent: delivered.bytesSent,
    content: delivered.answer,
    timing: {
      ...(delivered.firstByteMs !== undefined && { first_byte_ms: toMicro(delivered.firstByteMs) }),
      total_ms: toMicro(totalMs),
      overhead_us: Math.round(overheadMs * 1000),
    },
  };
  return known as DeliveredRecord;
}
