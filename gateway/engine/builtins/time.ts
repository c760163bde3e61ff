import type { RegoValue } from '../rego-value.ts';
import { type Builtin, BuiltinError } from './builtin.ts';
import { integerOf, isNumber } from './decimal.ts';
import { parseDuration } from './duration.ts';
import { int64At, stringAt } from './operands.ts';
import { formatTime } from './time-format.ts';
import { weekdays } from './time-layout.ts';
import { parseTime } from './time-parse.ts';
import { civilSeconds, instantOf, type Moment, momentOf, nanosecondsOf, utc, wallClock, zoneOf } from './zone.ts';

const minInt64 = -(2n ** 63n);
const maxInt64 = 2n ** 63n - 1n;

interface Given {
  readonly moment: Moment;
  /** Empty unless given. */
  readonly layout: string;
}

/** Nanoseconds since the epoch (UTC), or `[nanoseconds, zone]` with a zone of the IANA database, or `[nanoseconds, zone, layout]`. */
function timeAt(args: readonly RegoValue[], position: number): Given {
  const operand = args[position];
  const [first, zone, layout] = Array.isArray(operand) ? operand : [operand];
  if (!isNumber(first)) throw new BuiltinError(`operand ${position + 1} must be a number of nanoseconds, alone or with a zone`);
  const place = zone === undefined ? utc : zoneOf(stringAt([zone], 0));
  const text = layout === undefined ? '' : stringAt([layout], 0);
  const ns = integerOf(first);
  if (ns === undefined || ns < minInt64 || ns > maxInt64) throw new BuiltinError('timestamp too big');
  return { moment: momentOf(ns, place), layout: text };
}

const nowNs: Builtin = (_args, evaluation) => evaluation.nowNs();

const date: Builtin = (args) => {
  const wall = wallClock(timeAt(args, 0).moment);
  return [wall.getUTCFullYear(), wall.getUTCMonth() + 1, wall.getUTCDate()];
};

const clock: Builtin = (args) => {
  const wall = wallClock(timeAt(args, 0).moment);
  return [wall.getUTCHours(), wall.getUTCMinutes(), wall.getUTCSeconds()];
};

const weekday: Builtin = (args) => weekdays[wallClock(timeAt(args, 0).moment).getUTCDay()];

const format: Builtin = (args) => {
  const { moment, layout } = timeAt(args, 0);
  return formatTime(moment, layout === '' ? 'RFC3339Nano' : layout);
};

const parseNs: Builtin = (args) => parseTime(stringAt(args, 0), stringAt(args, 1));

const parseRfc3339Ns: Builtin = (args) => parseTime('RFC3339', stringAt(args, 0));

const parseDurationNs: Builtin = (args) => parseDuration(stringAt(args, 0));

/** Years, months and days on the calendar of the zone; the clock on the wall stays. */
const addDate: Builtin = (args) => {
  const { moment } = timeAt(args, 0);
  const [years, months, days] = [1, 2, 3].map((position) => Number(int64At(args, position)));
  const wall = wallClock(moment);
  const seconds = civilSeconds(
    wall.getUTCFullYear() + (years ?? 0),
    wall.getUTCMonth() + 1 + (months ?? 0),
    wall.getUTCDate() + (days ?? 0),
    wall.getUTCHours(),
    wall.getUTCMinutes(),
    wall.getUTCSeconds(),
  );
  if (!Number.isFinite(seconds)) throw new BuiltinError('time outside of valid range');
  return nanosecondsOf(instantOf(seconds, moment.zone), moment.nanoseconds);
};

/** `[years, months, days, hours, minutes, seconds]` between two times, on the calendar of the first one's zone. */
const diff: Builtin = (args) => {
  const { moment: one } = timeAt(args, 0);
  const other = { ...timeAt(args, 1).moment, zone: one.zone };
  const isOrdered = one.seconds < other.seconds || (one.seconds === other.seconds && one.nanoseconds <= other.nanoseconds);
  const [from, to] = [wallClock(isOrdered ? one : other), wallClock(isOrdered ? other : one)];
  const fields = (wall: Date) => [
    wall.getUTCFullYear(),
    wall.getUTCMonth(),
    wall.getUTCDate(),
    wall.getUTCHours(),
    wall.getUTCMinutes(),
    wall.getUTCSeconds(),
  ];
  const before = fields(from);
  const result = fields(to).map((field, index) => field - (before[index] ?? 0));
  // A field below zero borrows from the one before it; days, as many as the earlier month has.
  const daysInMonth = new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + 1, 0)).getUTCDate();
  const sizes = [Number.POSITIVE_INFINITY, 12, daysInMonth, 24, 60, 60];
  for (let index = 5; index > 0; index -= 1) {
    const field = result[index] ?? 0;
    if (field >= 0) continue;
    result[index] = field + (sizes[index] ?? 0);
    result[index - 1] = (result[index - 1] ?? 0) - 1;
  }
  return result;
};

export const time: readonly (readonly [string, Builtin])[] = [
  ['time.now_ns', nowNs],
  ['time.parse_ns', parseNs],
  ['time.parse_rfc3339_ns', parseRfc3339Ns],
  ['time.parse_duration_ns', parseDurationNs],
  ['time.format', format],
  ['time.date', date],
  ['time.clock', clock],
  ['time.weekday', weekday],
  ['time.add_date', addDate],
  ['time.diff', diff],
];
