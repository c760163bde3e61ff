import assert from 'node:assert/strict';
import { it } from 'node:test';
import { isSame } from './compare-values.ts';

const cases: readonly [what: string, want: string, got: string, asSets: boolean, same: boolean][] = [
  ['a set where an array is wanted, in any order', '[{"x":[1,2]}]', '[{"x":{2,1}}]', false, true],
  ['a set with a member too many', '[{"x":[1]}]', '[{"x":{2,1}}]', false, false],
  ['an array in another order', '[{"x":[1,2]}]', '[{"x":[2,1]}]', false, false],
  ['an array in another order that stands for a set', '[{"x":[1,2]}]', '[{"x":[2,1]}]', true, true],
  ['an array within one', '[{"x":[[1,2]]}]', '[{"x":[[2,1]]}]', true, false],
  ['numbers of the same value', '[{"x":1e3}]', '[{"x":1000.0}]', false, true],
  ['large integers that differ in their last digit', '[{"x":12345678901234567890}]', '[{"x":12345678901234567891}]', false, false],
  ['a number and its text', '[{"x":1}]', '[{"x":"1"}]', false, false],
  ['a fraction and none', '[{"x":0.1}]', '[{"x":0}]', false, false],
  ['members of an object', '[{"x":{"a":1}}]', '[{"x":{"a":1,"b":2}}]', false, false],
  ['keys of other types', '[{"x":{"1":2,"{\\"3\\":4}":5}}]', '[{"x":{1:2,{3:4}:5}}]', false, true],
  ['bindings in any order', '[{"x":1},{"x":2}]', '[{"x":2},{"x":1}]', false, true],
  ['a solution found twice', '[{"x":1}]', '[{"x":1},{"x":1}]', false, true],
  ['a solution too many', '[{"x":1}]', '[{"x":1},{"x":2}]', false, false],
  ['undefined and something', '[]', '[{}]', false, false],
];

for (const [what, want, got, asSets, same] of cases) it(what, () => assert.equal(isSame(want, got, asSets), same));
