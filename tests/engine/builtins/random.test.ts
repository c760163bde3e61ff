import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { random } from '../../../gateway/engine/builtins/random.ts';
import { time } from '../../../gateway/engine/builtins/time.ts';
import { makeEvaluation } from '../../../gateway/engine/evaluation.ts';
import type { RegoValue } from '../../../gateway/engine/rego-value.ts';
import type { Circumstances, NonDeterministic } from '../../../gateway/vocabulary/decision.ts';
import { frozenClock, keepingLogger } from '../harness.ts';

const builtins = new Map([...random, ...time]);

/** One evaluation, to call several built-ins in. */
function evaluationWith(circumstances: Circumstances) {
  const evaluation = makeEvaluation(frozenClock, keepingLogger(), circumstances);
  return (name: string, ...args: readonly RegoValue[]) => builtins.get(name)?.(args, evaluation);
}

describe('random values', () => {
  it('are the same for the same key within an evaluation, and others for other keys', () => {
    const call = evaluationWith({});
    assert.equal(call('uuid.rfc4122', 'a'), call('uuid.rfc4122', 'a'));
    assert.notEqual(call('uuid.rfc4122', 'a'), call('uuid.rfc4122', 'b'));
    const large = 2n ** 62n;
    assert.equal(call('rand.intn', 'a', large), call('rand.intn', 'a', large));
    assert.equal(call('rand.intn', 'a', -large), call('rand.intn', 'a', large));
    assert.notEqual(call('rand.intn', 'a', large), call('rand.intn', 'b', large));
    assert.notEqual(call('rand.intn', 'a', large), call('rand.intn', 'a', large - 1n));
  });

  it('are others in another evaluation, and the same again with the same seed', () => {
    const draw = (circumstances: Circumstances) => {
      const call = evaluationWith(circumstances);
      return [call('uuid.rfc4122', 'a'), call('rand.intn', 'a', 2n ** 62n)];
    };
    assert.notDeepEqual(draw({}), draw({}));
    assert.deepEqual(draw({ seed: 'decision-1' }), draw({ seed: 'decision-1' }));
    assert.notDeepEqual(draw({ seed: 'decision-1' }), draw({ seed: 'decision-2' }));
  });

  it('are UUIDs of version 4, and numbers that reach every value up to the bound and none beyond', () => {
    const call = evaluationWith({ seed: 'fixed' });
    for (let key = 0; key < 200; key += 1) {
      assert.match(String(call('uuid.rfc4122', String(key))), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }
    const seen = new Set(Array.from({ length: 200 }, (_, key) => Number(call('rand.intn', String(key), 3))));
    assert.deepEqual(seen, new Set([0, 1, 2]));
    assert.equal(call('rand.intn', 'zero', 0), 0);
    assert.throws(() => call('rand.intn', 'x', 1.5), /64 bits/);
  });
});

describe('what an evaluation takes beside its input', () => {
  it('is told by name, operands and value', () => {
    let told: NonDeterministic | undefined;
    const call = evaluationWith({ seed: 'fixed', taken: (nd) => (told = nd) });
    assert.equal(told, undefined);
    call('time.now_ns');
    const drawn = Number(call('rand.intn', 'z', 15));
    const id = call('uuid.rfc4122', 'k');
    assert.deepEqual(told, {
      'time.now_ns': { '[]': 1772366400000000000 },
      'rand.intn': { '["z", 15]': drawn },
      'uuid.rfc4122': { '["k"]': id },
    });
    // Written and read again, the time still has every digit.
    assert.match(JSON.stringify(told), /"\[\]":1772366400000000000\}/);
  });

  it('may be given: the time', () => {
    assert.equal(evaluationWith({ now: 1772366400123456789n })('time.now_ns'), 1772366400123456789n);
  });
});
