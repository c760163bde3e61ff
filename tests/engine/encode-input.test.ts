import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { encodeInput } from '../../gateway/engine/encode-input.ts';
import { Breakage } from '../../gateway/errors.ts';

const freeze = <T>(value: T): T => {
  if (typeof value === 'object' && value !== null) {
    for (const member of Object.values(value)) freeze(member);
    Object.freeze(value);
  }
  return value;
};
const nest = (levels: number): unknown => (levels === 0 ? 0 : { x: nest(levels - 1) });
const read = (input: unknown) => JSON.parse(encodeInput(input).text);

suite('an input with settled members', () => {
  test('is written as any other, at first and whenever their text is remembered', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.dictionary(fc.string(), fc.jsonValue()), (settled, rest) => {
        const members = Object.entries(settled).map(([key, value]) => [key, freeze(value)]);
        for (let round = 0; round < 2; round++) {
          const input = { ...rest, ...Object.fromEntries(members) };
          assert.deepEqual(read(input), JSON.parse(JSON.stringify(input)));
        }
      }),
      { numRuns: 300 },
    );
  });

  test('nothing but settled members, and a member that is absent', () => {
    const identity = freeze({ chain: [1] });
    assert.equal(encodeInput({ identity }).text, '{"identity":{"chain":[1]}}');
    assert.equal(encodeInput({ identity, model: undefined }).text, '{"identity":{"chain":[1]}}');
    assert.deepEqual(read({ a: 1, identity }), { a: 1, identity });
  });

  test('an unpaired surrogate in a settled member, in another or in a name becomes U+FFFD each time', () => {
    const bad = freeze({ name: 'x\ud800' });
    for (let round = 0; round < 2; round++) {
      assert.deepEqual(read({ bad }), { bad: { name: 'x\ufffd' } });
      assert.deepEqual(read({ fine: freeze({}), worse: '\udc00' }), { fine: {}, worse: '\ufffd' });
      assert.deepEqual(read({ '\udfff': freeze({ a: 1 }) }), { '\ufffd': { a: 1 } });
    }
  });

  test('the limit of depth is the same, settled or not', () => {
    for (const settle of [<T>(value: T) => value, freeze]) {
      for (let round = 0; round < 2; round++) {
        const deepest = settle(nest(63));
        assert.deepEqual(read({ deepest }), { deepest });
        const tooDeep = { member: settle(nest(64)) };
        assert.throws(
          () => encodeInput(tooDeep),
          (error) => error instanceof Breakage && error.code === 'policy.error',
        );
      }
    }
  });

  test('what is not JSON is told as that', () => {
    const member = Object.freeze({ big: 1n });
    for (let round = 0; round < 2; round++) assert.throws(() => encodeInput({ member }), /cannot be written as JSON/);
  });
});
