import { Decimal, type RegoValue } from '../rego-value.ts';

export type RegoNumber = number | bigint | Decimal;

/** coefficient × 10^exponent, exactly. */
export interface Scaled {
  readonly coefficient: bigint;
  readonly exponent: number;
}

export function isNumber(value: RegoValue | undefined): value is RegoNumber {
  return typeof value === 'number' || typeof value === 'bigint' || value instanceof Decimal;
}

/** The literal of a number: the module's own, or the one that it writes itself. */
export function literalOf(value: RegoNumber): string {
  return value instanceof Decimal ? value.literal : String(value);
}

/** Takes what `rego-value.ts` takes for a number. */
export function scaledOf(literal: string): Scaled {
  const [mantissa = '', exponent = '0'] = literal.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  return strip({ coefficient: BigInt(`${whole}${fraction}`.replace(/^-$|^$/, '0')), exponent: Number(exponent) - fraction.length });
}

function strip({ coefficient, exponent }: Scaled): Scaled {
  if (coefficient === 0n) return { coefficient, exponent: 0 };
  const text = String(coefficient);
  const zeros = text.length - text.replace(/0+$/, '').length;
  return zeros === 0 ? { coefficient, exponent } : { coefficient: BigInt(text.slice(0, -zeros)), exponent: exponent + zeros };
}

/** The integer that a number is, or `undefined`. Numbers with more digits than anybody writes out are none. */
export function integerOf(value: RegoNumber): bigint | undefined {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  const { coefficient, exponent } = scaledOf(literalOf(value));
  return exponent < 0 || exponent > 10_000 ? undefined : coefficient * 10n ** BigInt(exponent);
}

/** Equal numbers have equal texts, however they are written. */
export function canonicalNumber(value: RegoNumber): string {
  if (typeof value === 'bigint' || Number.isSafeInteger(value)) return String(value);
  const { coefficient, exponent } = scaledOf(literalOf(value));
  return exponent >= 0 && exponent < 400 ? String(coefficient * 10n ** BigInt(exponent)) : `${coefficient}e${exponent}`;
}

export function compareNumbers(a: RegoNumber, b: RegoNumber): number {
  if (typeof a === 'number' && typeof b === 'number') return Math.sign(a - b);
  const [x, y] = [scaledOf(literalOf(a)), scaledOf(literalOf(b))];
  const [signX, signY] = [sign(x.coefficient), sign(y.coefficient)];
  if (signX !== signY || signX === 0) return Math.sign(signX - signY);
  const magnitude = (scaled: Scaled) => String(scaled.coefficient).replace('-', '').length + scaled.exponent;
  const [sizeX, sizeY] = [magnitude(x), magnitude(y)];
  if (sizeX !== sizeY) return sizeX > sizeY ? signX : -signX;
  // Of the same size, so the exponents are no further apart than the digits are many.
  const least = Math.min(x.exponent, y.exponent);
  return sign(x.coefficient * 10n ** BigInt(x.exponent - least) - y.coefficient * 10n ** BigInt(y.exponent - least));
}

function sign(value: bigint): number {
  return value > 0n ? 1 : value < 0n ? -1 : 0;
}
