import type { RegoValue } from '../rego-value.ts';
import { type Builtin, BuiltinError } from './builtin.ts';
import { integerAt, stringAt } from './operands.ts';

const minInt64 = -(2n ** 63n);
const maxInt64 = 2n ** 63n - 1n;
const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/** `date`, `clock` and `weekday` take nanoseconds since the epoch (UTC), or `[nanoseconds, zone]` with a zone of the IANA database. */
const date: Builtin = (args) => {
  const local = localTime(args[0]);
  return [local.getUTCFullYear(), local.getUTCMonth() + 1, local.getUTCDate()];
};

const clock: Builtin = (args) => {
  const local = localTime(args[0]);
  return [local.getUTCHours(), local.getUTCMinutes(), local.getUTCSeconds()];
};

const weekday: Builtin = (args) => weekdays[localTime(args[0]).getUTCDay()];

/** A Date whose UTC fields read as the clock on the wall of the zone. */
function localTime(operand: RegoValue | undefined): Date {
  const isPair = Array.isArray(operand);
  const ns = integerAt(isPair ? operand : [operand ?? null], 0);
  if (ns < minInt64 || ns > maxInt64) throw new BuiltinError('timestamp too big');
  const zone = isPair && operand.length > 1 ? stringAt(operand, 1) : 'UTC';
  if (isPair && operand.length > 2) stringAt(operand, 2);
  // Towards the past, also before 1970.
  const seconds = ns / 1_000_000_000n - (ns % 1_000_000_000n < 0n ? 1n : 0n);
  const utc = new Date(Number(seconds) * 1000);
  return zone === '' || zone === 'UTC' ? utc : new Date(wallClock(utc, zone));
}

/**
 * Milliseconds that read as the wall clock of the zone in UTC.
 * @throws RangeError for a zone that this machine does not know under that very name. It fails the evaluation where OPA would leave the call
 *   undefined: which names OPA knows depends on its machine, and a wrong guess could let a rule that denies pass by
 */
function wallClock(utc: Date, zone: string): number {
  const parts = new Map(
    formatterOf(zone)
      .formatToParts(utc)
      .map(({ type, value }) => [type, value]),
  );
  const field = (name: Intl.DateTimeFormatPartTypes) => Number(parts.get(name));
  return Date.UTC(field('year'), field('month') - 1, field('day'), field('hour'), field('minute'), field('second'));
}

const formatters = new Map<string, Intl.DateTimeFormat>();
const mostFormatters = 64;

function formatterOf(zone: string): Intl.DateTimeFormat {
  const known = formatters.get(zone);
  if (known !== undefined) return known;
  // Unlike Go, Intl takes offsets and any case. Names of the IANA database begin with a capital in every part that is not a small word.
  if (!/^[A-Z][A-Za-z0-9_+-]*(?:\/[A-Z][A-Za-z0-9_+-]*)*$/.test(zone)) throw new RangeError('not the name of a time zone');
  const made = new Intl.DateTimeFormat('en-US-u-ca-iso8601-hc-h23', {
    timeZone: zone,
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  // Zones may come from a caller's facts.
  if (formatters.size >= mostFormatters) formatters.clear();
  formatters.set(zone, made);
  return made;
}

const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d{1,2}):(\d\d):(\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):(\d\d))$/;

/** RFC 3339 as Go's `time.Parse` reads it: no leap seconds, no lower-case letters, `,` as good as `.`, an hour of one digit allowed. */
const parseRfc3339Ns: Builtin = (args) => {
  const found = rfc3339.exec(stringAt(args, 0));
  if (found === null) throw new BuiltinError('not an RFC 3339 time');
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found.slice(1, 7).map(Number);
  const [fraction = '', sign = '+', zoneHour = '0', zoneMinute = '0'] = found.slice(7);
  const at = new Date(0);
  at.setUTCFullYear(year, month - 1, day);
  at.setUTCHours(hour, minute, second);
  const isReal = at.getUTCFullYear() === year && at.getUTCMonth() === month - 1 && at.getUTCDate() === day;
  if (!isReal || hour > 23 || minute > 59 || second > 59) throw new BuiltinError('no such time');
  if (Number(zoneHour) > 24 || Number(zoneMinute) > 60) throw new BuiltinError('no such offset');
  const offset = BigInt(Number(zoneHour) * 3600 + Number(zoneMinute) * 60) * (sign === '-' ? -1n : 1n);
  const ns = (BigInt(at.getTime() / 1000) - offset) * 1_000_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, '0'));
  if (ns < minInt64 || ns > maxInt64) throw new BuiltinError('time outside of valid range');
  return ns;
};

const nowNs: Builtin = (_args, evaluation) => evaluation.recall('time.now_ns', '', [], evaluation.nowNs);

export const time: readonly (readonly [string, Builtin])[] = [
  ['time.now_ns', nowNs],
  ['time.parse_rfc3339_ns', parseRfc3339Ns],
  ['time.date', date],
  ['time.clock', clock],
  ['time.weekday', weekday],
];
