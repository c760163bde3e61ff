import type { RegoValue } from '../rego-value.ts';
import { type Builtin, BuiltinError } from './builtin.ts';
import { occurrences } from './occurrences.ts';
import { equals, keyOf } from './order.ts';

/** Whether the second operand is part of the first: objects by their keys and deeply, sets by members, arrays as a run, a set by an array. */
const subset: Builtin = ([whole = null, part = null]) => {
  if (whole instanceof Map && part instanceof Map) return objectHas(whole, part);
  if (whole instanceof Set && part instanceof Set) return setHas(whole, part);
  if (Array.isArray(whole) && Array.isArray(part)) return arrayHas(whole, part);
  if (Array.isArray(whole) && part instanceof Set) return arrayHasSet(whole, part);
  throw new BuiltinError('both operands must be of the same type, or array and set');
};

function objectHas(whole: ReadonlyMap<RegoValue, RegoValue>, part: ReadonlyMap<RegoValue, RegoValue>): boolean {
  const members = new Map([...whole].map(([key, member]) => [keyOf(key), member]));
  for (const [key, wanted] of part) {
    const member = members.get(keyOf(key));
    if (member === undefined || !memberHas(member, wanted)) return false;
  }
  return true;
}

function memberHas(member: RegoValue, wanted: RegoValue): boolean {
  if (member instanceof Map && wanted instanceof Map) return objectHas(member, wanted);
  if (member instanceof Set && wanted instanceof Set) return setHas(member, wanted);
  if (Array.isArray(member) && Array.isArray(wanted)) return arrayHas(member, wanted);
  return equals(member, wanted);
}

function setHas(whole: ReadonlySet<RegoValue>, part: ReadonlySet<RegoValue>): boolean {
  const keys = new Set([...whole].map(keyOf));
  return [...part].every((member) => keys.has(keyOf(member)));
}

function arrayHas(whole: readonly RegoValue[], part: readonly RegoValue[]): boolean {
  return part.length === 0 || !occurrences(whole.map(keyOf), part.map(keyOf)).next().done;
}

/** OPA counts every hit, so a member that the array holds twice counts for two; and no array without members has the empty set. */
function arrayHasSet(whole: readonly RegoValue[], part: ReadonlySet<RegoValue>): boolean {
  const keys = new Set([...part].map(keyOf));
  let missing = keys.size;
  for (const member of whole) {
    if (keys.has(keyOf(member))) missing -= 1;
    if (missing === 0) return true;
  }
  return false;
}

export const subsets: readonly (readonly [string, Builtin])[] = [['object.subset', subset]];
