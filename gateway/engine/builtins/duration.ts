import { BuiltinError } from './builtin.ts';
import { formatFloat } from './go-float.ts';

const units: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1_000n],
  ['µs', 1_000n],
  ['μs', 1_000n],
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
]);
const hoursOf: ReadonlyMap<string, number> = new Map([
  ['d', 24],
  ['w', 7 * 24],
  ['y', 365 * 24],
]);
const limit = 2n ** 63n;

/**
 * Reads a duration as Go does (`1h2.5m`), and the days, weeks and years of 365 days that OPA adds.
 * @returns nanoseconds
 * @throws BuiltinError for anything else, and beyond 64 bits
 */
export function parseDuration(text: string): bigint {
  return parseGoDuration(/[dwy]/.test(text) ? inHours(text) : text);
}

/** OPA writes its own units as hours and lets Go read the whole. */
function inHours(text: string): string {
  const [, sign = '', segments = ''] = /^([-+]?)((?:[0-9.]+(?:ms|us|µs|ns|[a-z]))+)$/.exec(text) ?? fail();
  const rewritten = segments.replaceAll(/([0-9.]+)(ms|us|µs|ns|[a-z])/g, (segment: string, digits: string, unit: string) => {
    const hours = hoursOf.get(unit);
    if (hours === undefined) return segment;
    if (!/^(?:\d+\.?\d*|\.\d+)$/.test(digits)) fail();
    const value = Number(digits) * hours;
    return Number.isFinite(value) ? `${formatFloat(value, 'f', -1)}h` : fail();
  });
  return sign + rewritten;
}

function parseGoDuration(text: string): bigint {
  const bare = text.replace(/^[-+]/, '');
  if (bare === '0') return 0n;
  const segment = /(\d*)(?:\.(\d*))?([^\d.]+)/y;
  let total = 0n;
  if (bare === '') fail();
  while (segment.lastIndex < bare.length) {
    const [, whole = '', fraction = '', unit = ''] = segment.exec(bare) ?? fail();
    const scale = units.get(unit);
    if (scale === undefined || (whole === '' && fraction === '')) fail();
    const value = BigInt(`0${whole}`);
    if (value > limit / scale) fail();
    total += value * scale + partOf(fraction, scale);
    if (total > limit) fail();
  }
  if (text.startsWith('-')) return -total;
  return total < limit ? total : fail();
}

/** Go keeps as many digits as 63 bits hold, and goes on in floating point. */
function partOf(fraction: string, scale: bigint): bigint {
  let [value, power] = [0n, 1];
  for (const digit of fraction) {
    const next = value * 10n + BigInt(digit);
    if (value > (limit - 1n) / 10n || next > limit) break;
    value = next;
    power *= 10;
  }
  return BigInt(Math.trunc(Number(value) * (Number(scale) / power)));
}

function fail(): never {
  throw new BuiltinError('not a duration');
}
