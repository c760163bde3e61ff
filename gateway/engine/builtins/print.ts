import { formatRegoValue, type RegoValue } from '../rego-value.ts';
import type { Builtin } from './builtin.ts';
import { arrayAt } from './operands.ts';

/**
 * `print`, which the compiler keeps only in bundles built for debugging (`--wasm-include-print`), rewritten to `internal.print`. Each operand
 * comes as the set of the values that it may have, empty where it is undefined; one line is written for each combination, as OPA does.
 */
const internalPrint: Builtin = (args, evaluation) => {
  let lines: string[][] = [[]];
  for (const operand of arrayAt(args, 0)) {
    const values = operand instanceof Set && operand.size > 0 ? [...operand].map(show) : ['<undefined>'];
    lines = lines.flatMap((line) => values.map((value) => [...line, value]));
  }
  for (const line of lines) evaluation.print(line.join(' '));
  return true;
};

function show(value: RegoValue): string {
  return typeof value === 'string' ? value : formatRegoValue(value);
}

export const print: readonly (readonly [string, Builtin])[] = [['internal.print', internalPrint]];
