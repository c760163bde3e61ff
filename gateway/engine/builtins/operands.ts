import type { RegoValue } from '../rego-value.ts';
import { BuiltinError } from './builtin.ts';
import { integerOf, isNumber, literalOf } from './decimal.ts';
import { sortedMembers } from './order.ts';

/** The readers of operands: each gives the value in its type, or fails the call as OPA does. Positions count from 0. */
export function stringAt(args: readonly RegoValue[], position: number): string {
  const value = args[position];
  if (typeof value !== 'string') throw new BuiltinError(`operand ${position + 1} must be string`);
  return value;
}

/** An integer of any size; a number with a fraction fails, one such as `1.0` or `1e3` counts as the integer that it is. */
export function integerAt(args: readonly RegoValue[], position: number): bigint {
  const value = args[position];
  const integer = isNumber(value) ? integerOf(value) : undefined;
  if (integer === undefined) throw new BuiltinError(`operand ${position + 1} must be an integer`);
  return integer;
}

/** An integer of 64 bits, written without an exponent, as OPA takes where Go has an `int`. */
export function int64At(args: readonly RegoValue[], position: number): bigint {
  const value = args[position];
  const integer = isNumber(value) ? toInt64(literalOf(value)) : undefined;
  if (integer === undefined) throw new BuiltinError(`operand ${position + 1} must be an integer of 64 bits`);
  return integer;
}

/** The integer of a literal such as `-12` or `12.00`, where OPA counts it as one. */
export function toInt64(literal: string): bigint | undefined {
  const found = /^([+-]?)(?=[\d.]{1,19}$)(\d*)(?:\.0*)?$/.exec(literal);
  if (found === null) return undefined;
  const [, sign = '', digits = ''] = found;
  const integer = BigInt(`0${digits}`) * (sign === '-' ? -1n : 1n);
  return integer >= -(2n ** 63n) && integer < 2n ** 63n ? integer : undefined;
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

export function objectAt(args: readonly RegoValue[], position: number): ReadonlyMap<RegoValue, RegoValue> {
  const value = args[position];
  if (!(value instanceof Map)) throw new BuiltinError(`operand ${position + 1} must be object`);
  return value;
}

/** Members of an array, or of a set in order. */
export function membersAt(args: readonly RegoValue[], position: number): readonly RegoValue[] {
  const value = args[position];
  if (Array.isArray(value)) return value;
  if (value instanceof Set) return sortedMembers(value);
  throw new BuiltinError(`operand ${position + 1} must be an array or a set`);
}
