import { type Builtin, BuiltinError } from './builtin.ts';
import { limitMembers } from './limits.ts';
import { integerAt } from './operands.ts';

/** From the first number to the second, both included, up or down by the third. */
const rangeStep: Builtin = (args) => {
  const [from, to, step] = [integerAt(args, 0), integerAt(args, 1), integerAt(args, 2)];
  if (step <= 0n) throw new BuiltinError('step must be a positive integer');
  const distance = to > from ? to - from : from - to;
  const count = distance / step + 1n;
  limitMembers(count);
  const signed = to >= from ? step : -step;
  return Array.from({ length: Number(count) }, (_, index) => from + signed * BigInt(index));
};

export const numbers: readonly (readonly [string, Builtin])[] = [['numbers.range_step', rangeStep]];
