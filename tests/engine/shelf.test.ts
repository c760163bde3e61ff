import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { hostBuiltins } from '../../gateway/engine/builtins/registry.ts';
import { makeEvaluator } from '../../gateway/engine/evaluator.ts';
import { readBundle } from '../../gateway/engine/read-bundle.ts';
import { frozenClock, keepingLogger } from './harness.ts';

/*
 * Settled members of an input stay in the module's memory. Nothing may tell them from members that are read each time but the time.
 */

const { wasm } = await readBundle('host.tar.gz', readFileSync(new URL('fixtures/host.tar.gz', import.meta.url)));
const module = await WebAssembly.compile(wasm);
/** Answers `{given: <its input>}`. */
const echo = 'host/outcome';

let fails = false;
const { evaluate, memoryBytes, replaced } = makeEvaluator({
  module,
  data: new TextEncoder().encode('{"some": ["data"]}'),
  maxMemoryBytes: 16 << 20,
  builtins: new Map([
    ...hostBuiltins,
    [
      'json.patch',
      ([value]) => {
        if (fails) throw new Error('on purpose');
        return value;
      },
    ],
  ]),
  clock: frozenClock,
  logger: keepingLogger(),
});

const caller = (number: number) =>
  Object.freeze({ id: `demo:${number}`, roles: ['engineer', `role-${number}`], claims: { text: 'x'.repeat(number) } });
const asked = (identity: object, number: number) => Object.freeze({ number, identity, model: { requested: 'gpt-5-mini' } });
const given = (value: unknown) => ({ given: JSON.parse(JSON.stringify(value)) as unknown });

it('callers who come again are the same callers, among many and after many', () => {
  const callers = Array.from({ length: 400 }, (_, number) => caller(number * 10));
  for (let round = 0; round < 3; round += 1) {
    for (const [number, identity] of callers.entries()) {
      assert.deepEqual(evaluate(echo, asked(identity, number)), given(asked(identity, number)));
      const event = { result: number, input: asked(identity, round) };
      assert.deepEqual(evaluate(echo, event), given(event));
    }
  }
  assert.ok(memoryBytes() < 8 << 20, `${memoryBytes()} bytes`);
});

it('two settled members, one of them too long to stay', () => {
  const long = Object.freeze({ text: 'y'.repeat(20_000) });
  for (let round = 0; round < 3; round += 1) {
    const input = { a: caller(1), b: long, c: caller(2), d: round };
    assert.deepEqual(evaluate(echo, input), given(input));
    const short = { a: caller(1), c: caller(2), d: round };
    assert.deepEqual(evaluate(echo, short), given(short));
  }
});

it('an evaluation that throws takes what stayed with it', () => {
  const identity = caller(7);
  evaluate(echo, asked(identity, 1));
  const before = replaced.thrown;
  fails = true;
  assert.throws(() => evaluate(echo, asked(identity, 2)));
  fails = false;
  assert.equal(replaced.thrown, before + 1);
  assert.deepEqual(evaluate(echo, asked(identity, 3)), given(asked(identity, 3)));
});
