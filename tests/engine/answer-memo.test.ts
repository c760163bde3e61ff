import assert from 'node:assert/strict';
import { it } from 'node:test';
import { makeAnswerMemo } from '../../gateway/engine/answer-memo.ts';

it('gives the same frozen object for the same text', () => {
  const read = makeAnswerMemo();
  const text = '[{"result":{"allow":true,"reasons":[{"code":"a.b"}]}}]';
  const first = read(text) as readonly { readonly result: { readonly reasons: readonly object[] } }[];
  assert.deepEqual(first, JSON.parse(text));
  assert.equal(read(text), first);
  for (const part of [first, first[0], first[0]?.result, first[0]?.result.reasons, first[0]?.result.reasons[0]])
    assert.ok(Object.isFrozen(part));
});

it('forgets when there are too many, and keeps no long text', () => {
  const read = makeAnswerMemo();
  const first = read('["first"]');
  for (let number = 0; number < 300; number += 1) assert.deepEqual(read(`[${number}]`), [number]);
  assert.deepEqual(read('["first"]'), first);
  assert.notEqual(read('["first"]'), first);
  const long = JSON.stringify(['x'.repeat(5000)]);
  assert.notEqual(read(long), read(long));
});

it('what is no JSON is thrown each time', () => {
  const read = makeAnswerMemo();
  for (let times = 0; times < 2; times += 1) assert.throws(() => read('{'), SyntaxError);
});
