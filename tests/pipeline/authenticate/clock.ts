import type { Clock } from '../../../gateway/vocabulary/clock.ts';
import type { LogFields, Logger } from '../../../gateway/vocabulary/logger.ts';

/** A clock that stands until it is told to move. */
export interface FrozenClock extends Clock {
  advance(ms: number): void;
}

export const startOfTime = 1_750_000_000_000;

export function freezeClock(at: number = startOfTime): FrozenClock {
  let now = at;
  return {
    now: () => now,
    monotonic: () => now - startOfTime,
    advance: (ms) => {
      now += ms;
    },
  };
}

export interface LoggedLine {
  readonly level: keyof Logger;
  readonly message: string;
  readonly fields?: LogFields;
}

/** A logger that keeps its lines. */
export function keepLog(): { readonly logger: Logger; readonly lines: LoggedLine[] } {
  const lines: LoggedLine[] = [];
  const at = (level: keyof Logger) => (message: string, fields?: LogFields) =>
    void lines.push({ level, message, ...(fields === undefined ? {} : { fields }) });
  return { lines, logger: { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') } };
}
