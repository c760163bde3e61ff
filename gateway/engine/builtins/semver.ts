import { type Builtin, BuiltinError } from './builtin.ts';
import { stringAt } from './operands.ts';

interface Version {
  readonly numbers: readonly [bigint, bigint, bigint];
  readonly preRelease: readonly string[];
}

const maxInt64 = 2n ** 63n - 1n;
const form =
  /^v?(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/;

/** Semantic Versioning 2.0.0, with a `v` before it allowed, as OPA does. */
function parse(text: string): Version | undefined {
  const found = form.exec(text);
  if (found === null) return undefined;
  const [, major = '', minor = '', patch = '', pre] = found;
  const numbers = [BigInt(major), BigInt(minor), BigInt(patch)] as const;
  const preRelease = pre === undefined ? [] : pre.split('.');
  if (numbers.some((number) => number > maxInt64) || preRelease.some((part) => /^0\d+$/.test(part))) return undefined;
  return { numbers, preRelease };
}

/** Section 11 of the specification. */
function order(a: Version, b: Version): number {
  for (const [index, number] of a.numbers.entries()) {
    const other = b.numbers[index] ?? 0n;
    if (number !== other) return number > other ? 1 : -1;
  }
  if (a.preRelease.length === 0 || b.preRelease.length === 0) return Math.sign(b.preRelease.length - a.preRelease.length);
  for (const [index, part] of a.preRelease.entries()) {
    const other = b.preRelease[index];
    if (other === undefined) return 1;
    const step = orderParts(part, other);
    if (step !== 0) return step;
  }
  return a.preRelease.length < b.preRelease.length ? -1 : 0;
}

function orderParts(a: string, b: string): number {
  const [aIsNumber, bIsNumber] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (aIsNumber !== bIsNumber) return aIsNumber ? -1 : 1;
  const [x, y] = aIsNumber ? [BigInt(a), BigInt(b)] : [a, b];
  return x === y ? 0 : x > y ? 1 : -1;
}

const compare: Builtin = (args) => {
  const [a, b] = [parse(stringAt(args, 0)), parse(stringAt(args, 1))];
  if (a === undefined || b === undefined) throw new BuiltinError('not a valid SemVer');
  return order(a, b);
};

const isValid: Builtin = ([version]) => typeof version === 'string' && parse(version) !== undefined;

export const semver: readonly (readonly [string, Builtin])[] = [
  ['semver.compare', compare],
  ['semver.is_valid', isValid],
];
