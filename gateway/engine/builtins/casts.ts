import type { RegoValue } from '../rego-value.ts';
import { type Builtin, BuiltinError } from './builtin.ts';
import { membersAt, stringAt } from './operands.ts';
import { keyOf } from './order.ts';

/** What OPA has long deprecated, for policies that are older: a value of the type stays, another has none. */
const only =
  (type: string, isOne: (value: RegoValue) => boolean): Builtin =>
  ([value = null]) => {
    if (!isOne(value)) throw new BuiltinError(`operand 1 must be ${type}`);
    return value;
  };

const castSet: Builtin = (args) => new Set(new Map(membersAt(args, 0).map((member) => [keyOf(member), member])).values());

/** A note for OPA's tracer. This host has none, and OPA without one answers the same. */
const trace: Builtin = (args) => {
  stringAt(args, 0);
  return true;
};

export const casts: readonly (readonly [string, Builtin])[] = [
  ['cast_array', (args) => membersAt(args, 0)],
  ['cast_set', castSet],
  ['cast_boolean', only('boolean', (value) => typeof value === 'boolean')],
  ['cast_null', only('null', (value) => value === null)],
  ['cast_object', only('object', (value) => value instanceof Map)],
  ['cast_string', only('string', (value) => typeof value === 'string')],
  ['trace', trace],
];
