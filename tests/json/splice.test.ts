import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { scanJson } from '../../gateway/json/scan.ts';
import { elements, members } from '../../gateway/json/spans.ts';
import { type Edit, splice } from '../../gateway/json/splice.ts';

function edit(text: string, edits: Readonly<Record<string, Edit>>): string {
  const bytes = Buffer.from(text);
  const scanned = scanJson(bytes, { maxDepth: 32, maxValues: 1000 });
  assert.ok('members' in scanned);
  return Buffer.from(splice({ bytes, members: scanned.members }, new Map(Object.entries(edits)))).toString();
}
const set = (value: unknown): Edit => ({ kind: 'set', json: JSON.stringify(value) });
const remove: Edit = { kind: 'remove' };
const without = (...indexes: number[]): Edit => ({ kind: 'remove-elements', indexes: new Set(indexes) });

suite('splice', () => {
  const rows: readonly [string, Record<string, Edit>, string][] = [
    ['{"a": 1.0 , "b":2}', { a: set('x') }, '{"a": "x" , "b":2}'],
    ['{"a":1}', { b: set([1]) }, '{"a":1,"b":[1]}'],
    ['{ }', { b: set(1), c: set(2) }, '{"b":1,"c":2 }'],
    ['{"a":1, "b":2, "c":3}', { a: remove }, '{"b":2, "c":3}'],
    ['{"a":1, "b":2, "c":3}', { b: remove }, '{"a":1, "c":3}'],
    ['{"a":1, "b":2, "c":3 }', { c: remove }, '{"a":1, "b":2 }'],
    ['{"a":1, "b":2, "c":3 }', { b: remove, c: remove }, '{"a":1 }'],
    ['{ "a":1, "b":2 }', { a: remove, b: remove }, '{  }'],
    ['{ "a":1, "b":2 }', { a: remove, b: remove, c: set(3) }, '{ "c":3 }'],
    ['{"a":1,"b":2}', { b: remove, c: set(3) }, '{"a":1,"c":3}'],
    ['{"a":1,"b":2}', { a: remove, b: set(9), c: set(3) }, '{"b":9,"c":3}'],
    ['{"a":1}', { b: remove }, '{"a":1}'],
    ['{"a":[1, 2, 3]}', { a: without(0) }, '{"a":[2, 3]}'],
    ['{"a":[1, 2, 3]}', { a: without(1) }, '{"a":[1, 3]}'],
    ['{"a":[1, 2, 3]}', { a: without(2) }, '{"a":[1, 2]}'],
    ['{"a":[1, 2, 3]}', { a: without(0, 2) }, '{"a":[2]}'],
    ['{"a":[1, 2, 3]}', { a: without(0, 1, 2) }, '{"a":[]}'],
    ['{"a":[{"x":"],}"}, "\\"]"]}', { a: without(0) }, '{"a":["\\"]"]}'],
    ['{"a":{"x":1.0}}', { a: { kind: 'set-inside', name: 'x', json: 'true' } }, '{"a":{"x":true}}'],
    ['{"a":{"x":1.0 }}', { a: { kind: 'set-inside', name: 'y', json: 'true' } }, '{"a":{"x":1.0,"y":true }}'],
    ['{"a":{ }}', { a: { kind: 'set-inside', name: 'y', json: 'true' } }, '{"a":{"y":true }}'],
    ['{"a":null}', { a: { kind: 'set-inside', name: 'y', json: 'true' } }, '{"a":{"y":true}}'],
    ['{"b":1}', { a: { kind: 'set-inside', name: 'y', json: 'true' } }, '{"b":1,"a":{"y":true}}'],
    ['{"\\u0061":1}', { a: set(2) }, '{"\\u0061":2}'],
    ['{"é":"ü", "a":1}', { a: set('ö') }, '{"é":"ü", "a":"ö"}'],
  ];
  for (const [text, edits, want] of rows) test(`${text} ${JSON.stringify(edits)}`, () => assert.equal(edit(text, edits), want));

  test('no edit gives back the very bytes', () => {
    const bytes = Buffer.from('{"a":1}');
    assert.equal(splice({ bytes, members: new Map() }, new Map()), bytes);
  });
});

test('members and elements of a nested value, by byte', () => {
  const bytes = Buffer.from('{"o":{"é" : [1, {"b":"]"} ,-2.5e1], "":{} } }');
  const object = members(bytes, 5);
  assert.deepEqual([...object.keys()], ['é', '']);
  const list = elements(bytes, object.get('é')?.valueStart ?? 0);
  assert.deepEqual(
    list.map(({ start, end }) => bytes.toString('utf8', start, end)),
    ['1', '{"b":"]"}', '-2.5e1'],
  );
  assert.deepEqual([members(bytes, 13).size, elements(bytes, 0)], [0, []]);
});
