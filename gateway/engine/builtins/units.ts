import { Decimal } from '../rego-value.ts';
import { type Builtin, BuiltinError } from './builtin.ts';
import { type Scaled, scaledOf } from './decimal.ts';
import { BuiltinLimit } from './limits.ts';
import { stringAt } from './operands.ts';

/** No quantity of anything needs more; OPA itself goes up to exponents of six digits. */
const largestExponent = 4096;

const powers = ['k', 'm', 'g', 't', 'p', 'e'];

/** In `units.parse`, `m` is a thousandth and `M` a million; the case of other letters does not matter. */
const unitsOfParse: ReadonlyMap<string, bigint> = new Map(
  powers.flatMap((letter, index): [string, bigint][] => {
    const [decimal, binary] = [1000n ** BigInt(index + 1), 1024n ** BigInt(index + 1)];
    const upper = letter.toUpperCase();
    return [
      ...(letter === 'm' ? [] : ([[letter, decimal]] as [string, bigint][])),
      [upper, decimal],
      [`${letter}i`, binary],
      [`${upper}i`, binary],
    ];
  }),
);

const unitsOfBytes: ReadonlyMap<string, bigint> = new Map(
  powers.flatMap((letter, index): [string, bigint][] => {
    const [decimal, binary] = [1000n ** BigInt(index + 1), 1024n ** BigInt(index + 1)];
    return [
      [letter, decimal],
      [`${letter}b`, decimal],
      [`${letter}i`, binary],
      [`${letter}ib`, binary],
    ];
  }),
);

/** Go's float64 nearest to 0.001, which OPA multiplies with, as a fraction. */
const milli = { numerator: 1152921504606847n, denominator: 2n ** 60n };

/** A number and what is left as its unit. */
function split(text: string): [number: string, unit: string] {
  if (text.includes(' ')) throw new BuiltinError('spaces not allowed in resource strings');
  const [number = ''] = /^(?:[0-9.+-]|[eE](?:[+-]|(?=[0-9])))*/.exec(text) ?? [];
  if (/[eE][+-]?\d{7}/.test(number)) throw new BuiltinError('exponent too large');
  if (number === '') throw new BuiltinError('no amount provided');
  return [number, text.slice(number.length)];
}

function amountOf(number: string): Scaled {
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(number)) throw new BuiltinError('could not parse amount to a number');
  const amount = scaledOf(number.replace(/^\+/, ''));
  if (Math.abs(amount.exponent) > largestExponent) throw new BuiltinLimit(`the exponent is beyond ${largestExponent}`);
  return amount;
}

const parse: Builtin = (args) => {
  const [number, given] = split(stringAt(args, 0).replaceAll('"', ''));
  const unit = given.slice(0, 1) + given.slice(1).toLowerCase();
  const factor = unit === '' ? 1n : unitsOfParse.get(unit);
  if (factor === undefined && unit !== 'm') throw new BuiltinError('unit not recognized');
  const { coefficient, exponent } = amountOf(number);
  const scale = 10n ** BigInt(Math.abs(exponent));
  const numerator = coefficient * (factor ?? milli.numerator) * (exponent > 0 ? scale : 1n);
  const denominator = (factor === undefined ? milli.denominator : 1n) * (exponent < 0 ? scale : 1n);
  return numerator % denominator === 0n ? numerator / denominator : new Decimal(tenPlaces(numerator, denominator));
};

/** Rounded half away from zero, as Go's `Rat.FloatString` does. */
function tenPlaces(numerator: bigint, denominator: bigint): string {
  const magnitude = numerator < 0n ? -numerator : numerator;
  const scaled = (magnitude * 10n ** 10n * 2n + denominator) / (denominator * 2n);
  const digits = String(scaled).padStart(11, '0');
  return `${numerator < 0n ? '-' : ''}${digits.slice(0, -10)}.${digits.slice(-10)}`;
}

/** In floating point of 64 bits, as OPA does, and without what is less than a byte. */
const parseBytes: Builtin = (args) => {
  const [number, unit] = split(stringAt(args, 0).toLowerCase().replaceAll('"', ''));
  const factor = unit === '' ? 1n : unitsOfBytes.get(unit);
  if (factor === undefined) throw new BuiltinError('byte unit not recognized');
  const { coefficient, exponent } = amountOf(number);
  const scale = 10n ** BigInt(Math.abs(exponent));
  const magnitude = coefficient < 0n ? -coefficient : coefficient;
  const amount = roundTo64(magnitude * (exponent > 0 ? scale : 1n), exponent < 0 ? scale : 1n);
  const total = roundTo64(amount.numerator * factor, amount.denominator);
  return (total.numerator / total.denominator) * (coefficient < 0n ? -1n : 1n);
};

/** The fraction with a numerator of 64 bits that is nearest, ties to even; the denominator becomes a power of two. */
function roundTo64(numerator: bigint, denominator: bigint): { numerator: bigint; denominator: bigint } {
  if (numerator === 0n) return { numerator, denominator: 1n };
  let shift = 64 - (bitsOf(numerator) - bitsOf(denominator));
  const scaled = (by: number) =>
    (by >= 0 ? [numerator << BigInt(by), denominator] : [numerator, denominator << BigInt(-by)]) as [bigint, bigint];
  let [top, bottom] = scaled(shift);
  if (bitsOf(top / bottom) > 64) {
    shift -= 1;
    [top, bottom] = scaled(shift);
  }
  const [quotient, rest] = [top / bottom, (top % bottom) * 2n];
  const rounded = rest > bottom || (rest === bottom && quotient % 2n === 1n) ? quotient + 1n : quotient;
  return shift >= 0 ? { numerator: rounded, denominator: 1n << BigInt(shift) } : { numerator: rounded << BigInt(-shift), denominator: 1n };
}

function bitsOf(value: bigint): number {
  return value.toString(2).length;
}

export const units: readonly (readonly [string, Builtin])[] = [
  ['units.parse', parse],
  ['units.parse_bytes', parseBytes],
];
