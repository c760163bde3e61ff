import type { Clock } from '../../vocabulary/clock.ts';
import type { SummaryRecord } from '../../vocabulary/record.ts';

export interface UnknownCallersNeeds {
  readonly clock: Clock;
  readonly labels: Readonly<Record<string, string>>;
  /** How many refusals get a line of their own in a second. */
  readonly perSecond: number;
  readonly write: (summary: SummaryRecord) => void;
}

/** One line in this many milliseconds, however many are refused. */
const summaryEveryMs = 10_000;

export interface UnknownCallers {
  /** Whether this refusal may have a line of its own; where not, it has been counted. */
  admit(code: string): boolean;
  /** Writes what has been counted, if anything. */
  flush(): void;
}

/**
 * Rations the lines of refused callers whom nobody knows. Anyone who reaches the port can cause such refusals, so without a ration a flood of
 * them would fill the disk and bury the decisions that matter. None is forgotten: the excess is counted by code.
 */
export function makeUnknownCallers({ clock, labels, perSecond, write }: UnknownCallersNeeds): UnknownCallers {
  let second = -1;
  let left = 0;
  // Codes come from the gateway's own table, so the map is bounded.
  const counts = new Map<string, number>();
  let since = 0;
  let timer: NodeJS.Timeout | undefined;

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    if (counts.size === 0) return;
    write({
      schema: 'regate.decision/1',
      kind: 'refused-summary',
      timestamp: new Date(clock.now()).toISOString(),
      labels,
      since: new Date(since).toISOString(),
      counts: Object.fromEntries(counts),
    });
    counts.clear();
  }

  function admit(code: string): boolean {
    const now = clock.now();
    const thisSecond = Math.floor(now / 1000);
    if (thisSecond !== second) {
      second = thisSecond;
      left = perSecond;
    }
    if (counts.size > 0 && now - since >= summaryEveryMs) flush();
    if (left > 0) {
      left -= 1;
      return true;
    }
    if (counts.size === 0) since = now;
    counts.set(code, (counts.get(code) ?? 0) + 1);
    timer ??= setTimeout(flush, summaryEveryMs).unref();
    return false;
  }

  return { admit, flush };
}
