import type { RegoValue } from '../rego-value.ts';
import { canonicalNumber, compareNumbers, isNumber, literalOf, type RegoNumber } from './decimal.ts';
import { quote } from './go-quote.ts';

/** Rego's order of types: null < boolean < number < string < array < object < set. */
function rank(value: RegoValue): number {
  if (value === null) return 0;
  if (typeof value === 'boolean') return 1;
  if (isNumber(value)) return 2;
  if (typeof value === 'string') return 3;
  if (Array.isArray(value)) return 4;
  return value instanceof Map ? 5 : 6;
}

/** Rego's total order of values: negative, zero or positive. */
export function compareValues(a: RegoValue, b: RegoValue): number {
  const kind = rank(a);
  if (kind !== rank(b)) return kind - rank(b);
  if (typeof a === 'string' && typeof b === 'string') return compareStrings(a, b);
  if (isNumber(a) && isNumber(b)) return compareNumbers(a, b);
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  if (Array.isArray(a) && Array.isArray(b)) return compareLists(a, b);
  if (a instanceof Map && b instanceof Map) return compareObjects(sortedEntries(a), sortedEntries(b));
  if (a instanceof Set && b instanceof Set) return compareLists(sortedMembers(a), sortedMembers(b));
  return 0;
}

/** By code points, as UTF-8 bytes are ordered; UTF-16 would put U+FFFF after U+10000. */
export function compareStrings(a: string, b: string): number {
  if (a === b) return 0;
  const least = Math.min(a.length, b.length);
  for (let at = 0; at < least; at += 1) {
    if (a.charCodeAt(at) !== b.charCodeAt(at)) {
      const back = at > 0 && isHigh(a.charCodeAt(at - 1)) && isLow(a.charCodeAt(at)) && isLow(b.charCodeAt(at)) ? 1 : 0;
      return (a.codePointAt(at - back) ?? 0) - (b.codePointAt(at - back) ?? 0);
    }
  }
  return a.length - b.length;
}

const isHigh = (unit: number) => unit >= 0xd800 && unit < 0xdc00;
const isLow = (unit: number) => unit >= 0xdc00 && unit < 0xe000;

function compareLists(a: readonly RegoValue[], b: readonly RegoValue[]): number {
  for (const [index, member] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    const step = compareValues(member, other);
    if (step !== 0) return step;
  }
  return a.length - b.length;
}

function compareObjects(a: readonly [RegoValue, RegoValue][], b: readonly [RegoValue, RegoValue][]): number {
  for (const [index, [key, member]] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    const step = compareValues(key, other[0]) || compareValues(member, other[1]);
    if (step !== 0) return step;
  }
  return a.length - b.length;
}

export function sortedMembers(set: ReadonlySet<RegoValue>): RegoValue[] {
  return [...set].sort(compareValues);
}

export function sortedEntries(object: ReadonlyMap<RegoValue, RegoValue>): [RegoValue, RegoValue][] {
  return [...object].sort(([a], [b]) => compareValues(a, b));
}

/** A text that equal values share and others do not, for look-ups: JavaScript compares composites by identity. */
export function keyOf(value: RegoValue): string {
  return typeof value === 'string' ? `"${value}` : write(value, canonicalNumber);
}

/** The value as OPA prints it: members of sets and objects in order. */
export function show(value: RegoValue): string {
  return write(value, literalOf);
}

function write(value: RegoValue, number: (value: RegoNumber) => string): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return quote(value);
  if (isNumber(value)) return number(value);
  const inner = (member: RegoValue) => write(member, number);
  if (Array.isArray(value)) return `[${value.map(inner).join(', ')}]`;
  if (value instanceof Set) return value.size === 0 ? 'set()' : `{${sortedMembers(value).map(inner).join(', ')}}`;
  if (!(value instanceof Map)) throw new TypeError('not a Rego value');
  return `{${sortedEntries(value)
    .map(([key, member]) => `${inner(key)}: ${inner(member)}`)
    .join(', ')}}`;
}

export function equals(a: RegoValue, b: RegoValue): boolean {
  return compareValues(a, b) === 0;
}
