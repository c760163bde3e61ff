import { Decimal, type RegoValue } from '../rego-value.ts';
import { BuiltinError } from './builtin.ts';

/** The readers of operands: each gives the value in its type, or fails the call as OPA does. Positions count from 0. */
export function stringAt(args: readonly RegoValue[], position: number): string {
  const value = args[position];
  if (typeof value !== 'string') throw new BuiltinError(`operand ${position + 1} must be string`);
  return value;
}

/** An integer of any size; a number with a fraction fails, one such as `1.0` counts as the integer that it is. */
export function integerAt(args: readonly RegoValue[], position: number): bigint {
  const value = args[position];
  if (typeof value === 'bigint') return value;
  const number = value instanceof Decimal ? Number(value.literal) : value;
  if (typeof number !== 'number' || !Number.isInteger(number)) throw new BuiltinError(`operand ${position + 1} must be an integer`);
  return BigInt(number);
}

export function arrayAt(args: readonly RegoValue[], position: number): readonly RegoValue[] {
  const value = args[position];
  if (!Array.isArray(value)) throw new BuiltinError(`operand ${position + 1} must be array`);
  return value;
}

/** Strings of an array or a set. */
export function stringsAt(args: readonly RegoValue[], position: number): readonly string[] {
  const value = args[position];
  const members: readonly RegoValue[] = Array.isArray(value) ? value : value instanceof Set ? [...value] : fail(position);
  return members.map((member) => (typeof member === 'string' ? member : fail(position)));
}

function fail(position: number): never {
  throw new BuiltinError(`operand ${position + 1} must be an array or a set of strings`);
}
