import type { Breakage } from '../errors.ts';
import type { Clock } from '../vocabulary/clock.ts';
import type { Logger } from '../vocabulary/logger.ts';

/** Evaluations that failed, by why. */
export interface FailureCounts {
  readonly error: number;
  readonly deadline: number;
  readonly memory: number;
}

export interface Failures {
  /** Counts a failed evaluation and logs it, unless many like it have just been logged. */
  tell(breakage: Breakage): void;
  readonly counts: FailureCounts;
}

/** Lines in one period; callers can make a policy fail as often as they can send requests. */
const mostLines = 10;
const periodMs = 10_000;

export function makeFailures({ clock, logger }: { readonly clock: Clock; readonly logger: Logger }): Failures {
  const counts = { error: 0, deadline: 0, memory: 0 };
  let began = clock.monotonic();
  let lines = 0;
  let unsaid = 0;

  return {
    counts,
    tell({ code, message }) {
      if (code === 'policy.deadline') counts.deadline += 1;
      else if (code === 'policy.memory') counts.memory += 1;
      else counts.error += 1;

      const now = clock.monotonic();
      if (now - began >= periodMs) {
        began = now;
        lines = 0;
      }
      if (lines >= mostLines) {
        unsaid += 1;
        return;
      }
      lines += 1;
      logger.warn('The policy failed on a request', { code, message, ...(unsaid === 0 ? {} : { not_logged: unsaid }) });
      unsaid = 0;
    },
  };
}
