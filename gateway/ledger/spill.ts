import type { Clock } from '../vocabulary/clock.ts';
import type { Logger } from '../vocabulary/logger.ts';
import type { QueuedLine } from './line-queue.ts';

export interface Spill {
  /** Whether the decision may go on although its line is not on disk. A line is counted once. */
  admit(line: QueuedLine): boolean;
  /** Lines of decisions that went on and are not on disk yet. */
  waiting(): number;
  /** Such lines since the start. */
  total(): number;
  /** The lines are on disk after all. */
  written(lines: readonly QueuedLine[]): void;
}

const tellEveryMs = 10_000;

/**
 * Lets decisions go on while the log cannot be written, where an operator has chosen that: at most so many at one time, each counted, and said out
 * loud again and again. A crash loses them, and what they were is then known to nobody.
 */
export function makeSpill({ most, clock, logger }: { most: number; clock: Pick<Clock, 'monotonic'>; logger: Logger }): Spill {
  const held = new Set<QueuedLine>();
  let total = 0;
  let tellAgain = Number.NEGATIVE_INFINITY;

  return {
    admit(line) {
      if (held.has(line)) return true;
      if (held.size >= most) return false;
      held.add(line);
      total += 1;
      if (clock.monotonic() >= tellAgain) {
        tellAgain = clock.monotonic() + tellEveryMs;
        logger.error('decisions go on although the decision log cannot be written; a crash would lose their records', {
          waiting: held.size,
          most,
        });
      }
      return true;
    },
    waiting: () => held.size,
    total: () => total,
    written(lines) {
      if (held.size > 0) for (const line of lines) held.delete(line);
    },
  };
}
