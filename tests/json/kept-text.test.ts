import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keepText, keepTextAwhile, writeAroundKept } from '../../gateway/json/kept-text.ts';

const write = (object: object) => JSON.parse(writeAroundKept(object) ?? 'null');

test('an object is written around what was written before, which comes last', () => {
  const input = Object.freeze({ a: 1 });
  keepText(input, JSON.stringify(input));
  assert.equal(writeAroundKept({ kind: 'decided', input, code: 'x' }), '{"kind":"decided","code":"x","input":{"a":1}}');
  assert.equal(writeAroundKept({ input }), '{"input":{"a":1}}');
  assert.equal(writeAroundKept({ input, none: undefined }), '{"input":{"a":1}}');
  assert.equal(writeAroundKept({ '"': input }), '{"\\"":{"a":1}}');
  assert.equal(writeAroundKept({ none: undefined }), '{}');
});

test('what is remembered for a while is written in full after others have been', () => {
  const inputs = Array.from({ length: 100 }, (_, number) => Object.freeze({ number }));
  for (const input of inputs) keepTextAwhile(input, JSON.stringify(input));
  for (const input of inputs) assert.deepEqual(write({ kind: 'decided', input }), { kind: 'decided', input });
});

test('a text is of the object alone, not of one that is like it', () => {
  const one = Object.freeze({ secret: 'kept' });
  keepTextAwhile(one, JSON.stringify(one));
  const masked = { ...one, secret: undefined };
  assert.deepEqual(write({ input: masked }), { input: {} });
});
