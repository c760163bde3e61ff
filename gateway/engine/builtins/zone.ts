import { BuiltinError } from './builtin.ts';

/** A time zone: what its clocks are ahead of UTC, and what the difference is called. */
export interface Zone {
  /** Seconds east of UTC, at seconds since the epoch. */
  offsetAt(seconds: number): number;
  /**
   * What Go calls the zone at that time: `UTC`, `CET`.
   * @throws Error where only OPA's own database knows
   */
  nameAt(seconds: number): string;
}

export const utc: Zone = { offsetAt: () => 0, nameAt: () => 'UTC' };

const zones = new Map<string, Zone>();
/** Zones may come from a caller's facts. */
const mostZones = 64;

/**
 * A zone of the IANA database.
 * @throws RangeError for one that this machine does not know under that very name. It fails the evaluation where OPA would leave the call
 *   undefined: which names OPA knows depends on its machine, and a wrong guess could let a rule that denies pass by
 */
export function zoneOf(name: string): Zone {
  if (name === '' || name === 'UTC') return utc;
  const known = zones.get(name);
  if (known !== undefined) return known;
  const made = makeZone(name);
  if (zones.size >= mostZones) zones.clear();
  zones.set(name, made);
  return made;
}

function makeZone(name: string): Zone {
  // Unlike Go, Intl takes offsets and any case. Names of the IANA database begin with a capital in every part that is not a small word.
  if (!/^[A-Z][A-Za-z0-9_+-]*(?:\/[A-Z][A-Za-z0-9_+-]*)*$/.test(name)) throw new RangeError('not the name of a time zone');
  const clock = new Intl.DateTimeFormat('en-US-u-ca-iso8601-hc-h23', {
    timeZone: name,
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return {
    offsetAt(seconds) {
      const parts = new Map(clock.formatToParts(seconds * 1000).map(({ type, value }) => [type, Number(value)]));
      const field = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
      const wall = Date.UTC(field('year'), field('month') - 1, field('day'), field('hour'), field('minute'), field('second'));
      return wall / 1000 - seconds;
    },
    nameAt() {
      throw new RangeError('the abbreviation of a zone is not known here; use an offset (-0700) in the layout');
    },
  };
}

/** A time with the zone it is told in. */
export interface Moment {
  /** Since the epoch, rounded towards the past. */
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly zone: Zone;
}

const second = 1_000_000_000n;
const minInt64 = -(2n ** 63n);
const maxInt64 = 2n ** 63n - 1n;

export function momentOf(ns: bigint, zone: Zone): Moment {
  const rest = ((ns % second) + second) % second;
  return { seconds: Number((ns - rest) / second), nanoseconds: Number(rest), zone };
}

/** Nanoseconds since the epoch, where 64 bits hold them: the years 1677 to 2262. */
export function nanosecondsOf(seconds: number, nanoseconds: number): bigint {
  const ns = Number.isSafeInteger(seconds) ? BigInt(seconds) * second + BigInt(nanoseconds) : undefined;
  if (ns === undefined || ns < minInt64 || ns > maxInt64) throw new BuiltinError('time outside of valid range');
  return ns;
}

/** A Date whose UTC fields read as the clock on the wall of the zone. */
export function wallClock({ seconds, zone }: Moment): Date {
  return new Date((seconds + zone.offsetAt(seconds)) * 1000);
}

/** Seconds since the epoch that the fields name in UTC; fields out of range carry over, as in Go's `time.Date`. NaN beyond what a Date holds. */
export function civilSeconds(year: number, month: number, day: number, hour: number, minute: number, seconds: number): number {
  const at = new Date(0);
  at.setUTCFullYear(year, month - 1, day);
  return at.getTime() / 1000 + hour * 3600 + minute * 60 + seconds;
}

/** The instant at which the wall of the zone shows a time, chosen as Go does where it shows it never or twice. */
export function instantOf(wall: number, zone: Zone): number {
  const first = zone.offsetAt(wall);
  if (first === 0) return wall;
  return wall - zone.offsetAt(wall - first);
}
