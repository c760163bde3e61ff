import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Decimal, formatRegoValue, parseRegoValue, type RegoValue } from '../../gateway/engine/rego-value.ts';

describe('the text of a Rego value', () => {
  const pairs: readonly [string, RegoValue][] = [
    ['null', null],
    ['true', true],
    ['"a\\"b\\u0000\\n"', 'a"b\u0000\n'],
    ['-12', -12],
    ['0.5', 0.5],
    ['1767225600000000001', 1767225600000000001n],
    ['12345678901234567890123', 12345678901234567890123n],
    ['.0', new Decimal('.0')],
    ['1.50', new Decimal('1.50')],
    ['[]', []],
    ['[1, [2], "]"]', [1, [2], ']']],
    ['set()', new Set()],
    ['{1}', new Set([1])],
    ['{1, "b", {2}}', new Set([1, 'b', new Set([2])])],
    ['{}', new Map()],
    [
      '{"a": 1, "__proto__": {}}',
      new Map<RegoValue, RegoValue>([
        ['a', 1],
        ['__proto__', new Map()],
      ]),
    ],
    [
      '{1: "x", [2]: set()}',
      new Map<RegoValue, RegoValue>([
        [1, 'x'],
        [[2], new Set()],
      ]),
    ],
  ];
  for (const [text, value] of pairs) {
    it(`${text} is read, and written so that it is read again`, () => {
      assert.deepEqual(parseRegoValue(text), value);
      assert.deepEqual(parseRegoValue(formatRegoValue(value)), value);
    });
  }

  for (const text of ['', '{', '[1', '{1: 2, 3}', '1 2', 'nul', '"open', '{,}', '[1,]']) {
    it(`${JSON.stringify(text)} is none`, () => assert.throws(() => parseRegoValue(text), SyntaxError));
  }

  it('refuses what is no Rego value', () => {
    for (const stray of [undefined, Promise.resolve(1), Number.NaN, Number.POSITIVE_INFINITY, { a: 1 }, () => 1, [undefined]]) {
      assert.throws(() => formatRegoValue(stray as RegoValue), TypeError);
    }
  });
});
