import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { Builtin } from '../../gateway/engine/builtins/builtin.ts';
import { hostBuiltins } from '../../gateway/engine/builtins/registry.ts';
import { makeEvaluator } from '../../gateway/engine/evaluator.ts';
import { meterModule } from '../../gateway/engine/meter/meter-module.ts';
import { readBundle } from '../../gateway/engine/read-bundle.ts';
import { Breakage, type ErrorCode } from '../../gateway/errors.ts';
import { frozenClock, keepingLogger } from '../engine/harness.ts';

const times = 10_000;

async function evaluatorOf(path: string, more: { maxMemoryBytes?: number; builtins?: ReadonlyMap<string, Builtin>; cpuMs?: () => number }) {
  const { wasm } = await readBundle('x.tar.gz', readFileSync(new URL(path, import.meta.url)));
  return makeEvaluator({
    module: await WebAssembly.compile(meterModule(wasm)),
    data: new TextEncoder().encode('{"roles":{"engineer":["large"]}}'),
    maxMemoryBytes: 64 << 20,
    maxEvaluationMs: 50,
    builtins: hostBuiltins,
    clock: frozenClock,
    logger: keepingLogger(),
    ...more,
  });
}

const answer = 'gateway/decision/answer';
const question = (path: string, more = {}) => ({
  version: 1,
  request: { path },
  identity: { principals: [{ roles: ['engineer'] }], caller: { roles: ['engineer'] } },
  model: { resolved: 'large' },
  attempt: { number: 1, previous: [] },
  ...more,
});
const stub = '../engine/fixtures/stub.tar.gz';
const hostile = '../attacks/hostile-policies/hostile.tar.gz';
const deep = JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`) as unknown;

let hours = 0;
/** Every look at the time is an hour after the last: the first slice of steps is all that an evaluation gets. */
const racing = () => {
  hours += 3_600_000;
  return hours;
};

const kinds: readonly [string, string, Parameters<typeof evaluatorOf>[1], unknown, ErrorCode][] = [
  ['a conflict of rules', stub, {}, question('/test/conflict'), 'policy.error'],
  ['a lone surrogate beside a conflict', stub, {}, question('/test/conflict', { '\ud800': '\udfff' }), 'policy.error'],
  ['input that is too deep', stub, {}, question('/v1', { deep }), 'policy.error'],
  ['too little time', hostile, { cpuMs: racing }, question('/hostile/product'), 'policy.deadline'],
  ['too little memory', hostile, { maxMemoryBytes: 4 << 20 }, question('/hostile/doubling'), 'policy.memory'],
];

describe('an evaluation that fails ten thousand times in a row', () => {
  for (const [what, path, more, input, code] of kinds) {
    it(`of ${what} does no harm to the next, and memory stays flat`, async () => {
      const { evaluate, memoryBytes } = await evaluatorOf(path, more);
      const good = evaluate(answer, question('/v1'));
      const rest = memoryBytes();
      const fail = () =>
        assert.throws(
          () => evaluate(answer, input),
          (error) => error instanceof Breakage && error.code === code,
        );
      for (let count = 0; count < times / 10; count += 1) fail();
      const before = process.memoryUsage.rss();
      for (let count = 0; count < times; count += 1) fail();
      assert.deepEqual(evaluate(answer, question('/v1')), good);
      assert.ok(memoryBytes() <= rest + (8 << 20), `${rest} → ${memoryBytes()}`);
      const grown = process.memoryUsage.rss() - before;
      assert.ok(grown < 100 << 20, `resident memory grew by ${grown} bytes`);
    });
  }

  it('of a built-in that breaks does no harm to the next', async () => {
    let broken = true;
    const breaks: Builtin = () => {
      if (broken) throw new TypeError('broken');
      return 'fine';
    };
    const builtins = new Map([...hostBuiltins, ['json.patch', breaks] as const]);
    const { evaluate, memoryBytes } = await evaluatorOf('../engine/fixtures/host.tar.gz', { builtins });
    const rest = memoryBytes();
    for (let count = 0; count < times; count += 1) assert.throws(() => evaluate('host/outcome', 'x'), Breakage);
    broken = false;
    assert.deepEqual(evaluate('host/outcome', 'x'), { given: 'fine' });
    assert.equal(memoryBytes(), rest);
  });
});
