import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { hostBuiltins } from '../../gateway/engine/builtins/registry.ts';
import { makeEvaluator } from '../../gateway/engine/evaluator.ts';
import { readBundle } from '../../gateway/engine/read-bundle.ts';
import { Breakage } from '../../gateway/errors.ts';
import type { NonDeterministic } from '../../gateway/vocabulary/decision.ts';
import { frozenClock, keepingLogger } from './harness.ts';

const { wasm } = await readBundle('calls.tar.gz', readFileSync(new URL('fixtures/calls.tar.gz', import.meta.url)));
const { evaluate, replaced } = makeEvaluator({
  module: await WebAssembly.compile(wasm),
  data: new TextEncoder().encode('{}'),
  maxMemoryBytes: 64 << 20,
  builtins: hostBuiltins,
  clock: frozenClock,
  logger: keepingLogger(),
});

describe('an evaluation', () => {
  it('can be given its time, and tells it', () => {
    let told: NonDeterministic | undefined;
    const now = evaluate('calls/now', {}, { now: 1772366400123456789n, taken: (nd) => (told = nd) });
    assert.equal(JSON.stringify(now), '[1772366400123456800,true]');
    // More digits than a number keeps stand as text.
    assert.deepEqual(told, { 'time.now_ns': { '[]': '1772366400123456789' } });
    const again = BigInt(String(told?.['time.now_ns']?.['[]']));
    assert.deepEqual(evaluate('calls/now', {}, { now: again }), now);
  });

  it('tells nothing where it took nothing', () => {
    let told = false;
    evaluate('calls/text', ['hex.encode', 'a'], { taken: () => (told = true) });
    assert.equal(told, false);
  });

  it('leaves a call without a value undefined, or fails in strict mode', () => {
    const call = ['hex.decode', 'zz'];
    assert.equal(evaluate('calls/text', call), undefined);
    assert.throws(
      () => evaluate('calls/text', call, { strict: true }),
      (error) => error instanceof Breakage && error.code === 'policy.error' && /the built-in hex\.decode failed$/.test(error.message),
    );
    assert.equal(evaluate('calls/text', ['hex.decode', '61'], { strict: true }), '"a"');
  });

  it('fails where a built-in would make too much, and says which and how much', () => {
    const before = replaced.thrown;
    assert.throws(
      () => evaluate('calls/text', ['strings.split_n', 'secret,'.repeat(70_000), ',', 70_000]),
      (error) =>
        error instanceof Breakage &&
        error.code === 'policy.error' &&
        /strings\.split_n failed: it would give more than 65536 values$/.test(error.message) &&
        !/secret/.test(error.message),
    );
    assert.equal(replaced.thrown, before + 1);
    assert.equal(evaluate('calls/text', ['strings.split_n', 'a,b', ',', 1]), '["a"]');
  });
});
