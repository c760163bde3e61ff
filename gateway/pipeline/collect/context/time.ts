import type { TimeFact } from '../../../vocabulary/facts.ts';

/**
 * Weekday and hour in the configured zone. Formatting a date costs more than the rest of the context together, so the answer is kept for the minute:
 * zones change their offset on whole minutes only.
 * @param zone IANA name
 * @throws RangeError where the zone is unknown
 */
export function makeTime({ zone }: { readonly zone: string }) {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone: zone, weekday: 'long', hour: '2-digit', hourCycle: 'h23' });
  let minute = Number.NaN;
  let fact: TimeFact | undefined;

  return function time(at: number): TimeFact {
    const now = Math.floor(at / 60_000);
    if (fact !== undefined && now === minute) return fact;
    const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
    minute = now;
    fact = { weekday: (parts.get('weekday') ?? '').toLowerCase(), hour: Number(parts.get('hour')), zone };
    return fact;
  };
}
