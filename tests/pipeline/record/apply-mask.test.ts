import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyMask } from '../../../gateway/pipeline/record/apply-mask.ts';
import { readMaskRules } from '../../../gateway/pipeline/record/mask-rules.ts';

const event = {
  decision_id: 'd',
  input: { a: { b: [{ c: 1 }, { c: 2 }, { c: 3 }], keep: { x: 1 } }, 'odd/name~': 1, none: null },
  result: { allow: true },
};

function mask(...rules: unknown[]) {
  const read = readMaskRules(rules) ?? assert.fail('malformed');
  return applyMask<Record<string, unknown>>(event, read);
}

const rows: { name: string; rules: unknown[]; input?: unknown; result?: unknown; erased?: string[]; masked?: string[] }[] = [
  { name: 'nothing', rules: [] },
  { name: 'all of input', rules: ['/input'], input: undefined, erased: ['/input'] },
  {
    name: 'a member',
    rules: ['/input/a'],
    input: { 'odd/name~': 1, none: null },
    erased: ['/input/a'],
  },
  { name: 'a null', rules: ['/input/none'], input: { a: event.input.a, 'odd/name~': 1 }, erased: ['/input/none'] },
  { name: 'an escaped name', rules: ['/input/odd~1name~0'], input: { a: event.input.a, none: null }, erased: ['/input/odd~1name~0'] },
  {
    name: 'two elements of an array, by their places before either went',
    rules: ['/input/a/b/0', '/input/a/b/1'],
    input: { ...event.input, a: { ...event.input.a, b: [{ c: 3 }] } },
    erased: ['/input/a/b/0', '/input/a/b/1'],
  },
  { name: 'past the end of an array', rules: ['/input/a/b/3', '/input/a/b/-', '/input/a/b/00', '/input/a/b/length', '/input/a/b/-1'] },
  { name: 'below a scalar', rules: ['/result/allow/x', { op: 'upsert', path: '/result/allow/x', value: 1 }] },
  { name: 'what an object inherits', rules: ['/input/constructor', '/input/a/toString', '/input/__proto__'] },
  { name: 'a place that the event does not have', rules: ['/error', { op: 'upsert', path: '/error', value: 1 }, '/detail/x'] },
  {
    name: 'a change',
    rules: [{ op: 'upsert', path: '/input/a/b/1/c', value: 'x' }],
    input: { ...event.input, a: { ...event.input.a, b: [{ c: 1 }, { c: 'x' }, { c: 3 }] } },
    masked: ['/input/a/b/1/c'],
  },
  {
    name: 'a change of the whole',
    rules: [{ op: 'upsert', path: '/result', value: { gone: true } }],
    result: { gone: true },
    masked: ['/result'],
  },
  {
    name: 'a change without a value is null',
    rules: [{ op: 'upsert', path: '/result/allow' }],
    result: { allow: null },
    masked: ['/result/allow'],
  },
  {
    name: 'a new member, and the objects on the way to it',
    rules: [{ op: 'upsert', path: '/result/x/y', value: 1 }],
    result: { allow: true, x: { y: 1 } },
    masked: ['/result/x/y'],
  },
  { name: 'erasing what a new object would have', rules: ['/result/x/y'] },
  {
    name: 'erasing wins over changing, in either order',
    rules: [{ op: 'upsert', path: '/result/allow', value: 1 }, '/result/allow', { op: 'upsert', path: '/result/allow', value: 2 }],
    result: {},
    erased: ['/result/allow'],
  },
  {
    name: 'a place wins over what is below it',
    rules: ['/input/a/b/0', '/input/a', { op: 'upsert', path: '/input/a/keep/x', value: 2 }],
    input: { 'odd/name~': 1, none: null },
    erased: ['/input/a'],
  },
];

for (const { name, rules, erased = [], masked = [], ...want } of rows) {
  test(`mask: ${name}`, () => {
    const before = structuredClone(event);
    const result = mask(...rules);
    assert.deepEqual(result.event['input'], Object.hasOwn(want, 'input') ? want.input : event.input);
    assert.deepEqual(result.event['result'], Object.hasOwn(want, 'result') ? want.result : event.result);
    assert.deepEqual([result.erased, result.masked], [erased, masked]);
    assert.deepEqual(event, before, 'the event is as it was');
  });
}

test('only the way to a change is copied', () => {
  const result = mask('/input/a/b/0/c').event as unknown as typeof event;
  assert.notEqual(result.input.a.b, event.input.a.b);
  assert.equal(result.input.a.b[1], event.input.a.b[1]);
  assert.equal(result.input.a.keep, event.input.a.keep);
  assert.equal(result.result, event.result);
});

test('a name of __proto__ changes no prototype', () => {
  const value = { polluted: true };
  const result = mask({ op: 'upsert', path: '/input/__proto__', value }, { op: 'upsert', path: '/result/x/__proto__', value }).event;
  const input = result['input'] as object;
  assert.equal(Object.getPrototypeOf(input), Object.prototype);
  assert.ok(JSON.stringify(result).includes('"x":{"__proto__":{"polluted":true}}'));
  assert.equal(Object.hasOwn(Object.prototype, 'polluted'), false);
});
