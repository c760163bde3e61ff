import type { Decision } from '../../vocabulary/decision.ts';
import type { Delivered } from '../../vocabulary/delivered.ts';
import type { Story } from '../../vocabulary/story.ts';

/** What the record stage counts: every exit passes through it, so nothing else has to. */
export interface RecordMetrics {
  /** @param code the refusal's; `undefined` on allow */
  decision(code: string | undefined, decision: Decision | undefined): void;
  delivered(story: Story, delivered: Delivered, timing: { readonly totalMs: number; readonly overheadMs: number }): void;
  /** @param ms from the append to the acknowledgement by the disk */
  recordAppended(ms: number): void;
  recordFailed(): void;
  /** Refusals that were counted instead of written one by one. */
  recordSummarised(count: number): void;
}
