import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { BuiltinError, type Evaluation } from '../../../gateway/engine/builtins/builtin.ts';
import { show } from '../../../gateway/engine/builtins/order.ts';
import { hostBuiltins } from '../../../gateway/engine/builtins/registry.ts';
import { formatRegoValue, parseRegoValue } from '../../../gateway/engine/rego-value.ts';

const fixtures = new URL('../fixtures/builtins/', import.meta.url);
const evaluation = {} as Evaluation;

/** As OPA prints an array of what the call gives: one value or none. */
function answer(name: string, operands: readonly string[]): string {
  const builtin = hostBuiltins.get(name);
  assert.ok(builtin !== undefined, name);
  try {
    const value = builtin(operands.map(parseRegoValue), evaluation);
    // What crosses to the module must still be the same value.
    return show(value === undefined ? [] : [parseRegoValue(formatRegoValue(value))]);
  } catch (cause) {
    if (cause instanceof BuiltinError) return '[]';
    throw cause;
  }
}

for (const file of readdirSync(fixtures)) {
  const calls = JSON.parse(readFileSync(new URL(file, fixtures), 'utf8')) as [name: string, operands: string[], want: string][];
  describe(`recorded calls of ${file.replace('.json', '')} give what OPA gave`, () => {
    for (const [name, group] of Map.groupBy(calls, ([each]) => each)) {
      it(`${name} (${group.length})`, () => {
        for (const [, operands, want] of group) assert.equal(answer(name, operands), want, `${name}(${operands.join(', ')})`);
      });
    }
  });
}
