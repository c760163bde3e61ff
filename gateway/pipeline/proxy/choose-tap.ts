import type { Dialect } from '../../backends/dialect.ts';
import type { Operation } from '../../vocabulary/request.ts';
import { makeEventTap } from './event-tap.ts';
import { makeJsonTap } from './json-tap.ts';
import { type Tap, untapped } from './tap.ts';
import { isUsageChunk } from './usage-chunk.ts';

/** What a tap is chosen by: the head of the answer, and what was asked for. */
export interface AnswerHead {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
}

/** Chooses how to watch an answer. A failure, or an answer that came compressed against our asking, is passed on unread. */
export function chooseTap(dialect: Dialect, operation: Operation, head: AnswerHead, dropUsageChunk: boolean): Tap {
  if (head.status >= 300) return untapped;
  if (head.contentEncoding !== undefined && head.contentEncoding !== 'identity') return untapped;
  const type = head.contentType?.split(';', 1)[0]?.trim().toLowerCase();
  if (type === 'text/event-stream') {
    const reader = dialect.events(operation);
    if (reader !== undefined) return makeEventTap(reader, dropUsageChunk ? { drops: isUsageChunk } : {});
  }
  if (type === 'application/json') {
    const reader = dialect.answers(operation);
    if (reader !== undefined) return makeJsonTap(reader);
  }
  return untapped;
}
