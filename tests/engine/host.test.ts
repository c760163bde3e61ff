import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { type Builtin, BuiltinError } from '../../gateway/engine/builtins/builtin.ts';
import { makeEvaluator } from '../../gateway/engine/evaluator.ts';
import { readBundle } from '../../gateway/engine/read-bundle.ts';
import type { RegoValue } from '../../gateway/engine/rego-value.ts';
import { Breakage } from '../../gateway/errors.ts';
import { frozenClock, keepingLogger } from './harness.ts';

const bytes = readFileSync(new URL('fixtures/host.tar.gz', import.meta.url));
const { wasm } = await readBundle('host.tar.gz', bytes);
const module = await WebAssembly.compile(wasm);

/** The fixture's `outcome` calls `json.patch(input, [])` and tells what came of it. */
function host(builtin: Builtin) {
  const logger = keepingLogger();
  const builtins = new Map<string, Builtin>([
    ['json.patch', builtin],
    [
      'internal.print',
      (args, evaluation) => {
        evaluation.print(`printed ${args.length}`);
        return true;
      },
    ],
  ]);
  return {
    logger,
    ...makeEvaluator({ module, data: new TextEncoder().encode('{}'), maxMemoryBytes: 16 << 20, builtins, clock: frozenClock, logger }),
  };
}

describe('a built-in of the host', () => {
  it('is called with the operand as a Rego value', () => {
    let seen: RegoValue | undefined;
    const { evaluate } = host((args) => {
      seen = args[0];
      return 'ok';
    });
    assert.deepEqual(evaluate('host/outcome', 'x'), { given: 'ok' });
    assert.deepEqual(seen, 'x');
    evaluate('host/with_set', { third: [] });
    assert.deepEqual(seen, new Set([1, 'a', []]));
  });

  it('gives sets, and integers beyond 2^53, unchanged', () => {
    const { evaluate } = host(() => new Set([1, 'a', 9007199254740993n]));
    assert.equal(evaluate('host/is_same_set', {}), true);
    const other = host(() => new Set([1, 'a', 9007199254740992n]));
    assert.equal(other.evaluate('host/is_same_set', {}), false);
  });

  it('that has no value leaves its call undefined, and the other rules go on', () => {
    const throwing = host(() => {
      throw new BuiltinError('operand 1 must be string');
    });
    const silent = host(() => undefined);
    assert.equal(throwing.evaluate('host/outcome', 'x'), 'undefined');
    assert.equal(silent.evaluate('host/outcome', 'x'), 'undefined');
    assert.equal(throwing.replaced.thrown, 0);
  });

  const faults: readonly [string, Builtin][] = [
    [
      'breaks',
      () => {
        throw new TypeError('secret operand');
      },
    ],
    ['gives a Promise', (() => Promise.resolve('x')) as unknown as Builtin],
    ['gives NaN', () => Number.NaN],
    ['gives a plain object', (() => ({ a: 1 })) as unknown as Builtin],
  ];
  for (const [what, builtin] of faults) {
    it(`that ${what} fails the evaluation, and the next one is right`, () => {
      let broken = true;
      const { evaluate, replaced, logger } = host((args, evaluation) => (broken ? builtin(args, evaluation) : 'fine'));
      assert.throws(
        () => evaluate('host/outcome', 'x'),
        (error) =>
          error instanceof Breakage && error.code === 'policy.error' && /json\.patch/.test(error.message) && !/secret/.test(error.message),
      );
      assert.equal(replaced.thrown, 1);
      assert.equal(logger.lines.filter(({ level }) => level === 'warn').length, 1);
      broken = false;
      assert.deepEqual(evaluate('host/outcome', 'x'), { given: 'fine' });
    });
  }

  it('cannot start an evaluation from within one', () => {
    const machine = host(() => machine.evaluate('host/outcome', 'y') as RegoValue);
    assert.throws(
      () => machine.evaluate('host/outcome', 'x'),
      (error) => {
        assert.ok(error instanceof Breakage && error.cause instanceof Error);
        assert.match((error.cause.cause as Error).message, /within another/);
        return true;
      },
    );
  });

  it('prints to the log', () => {
    const { evaluate, logger } = host(() => 'ok');
    evaluate('host/loud', 'x');
    assert.deepEqual(logger.lines, [{ level: 'debug', message: 'The policy prints', fields: { line: 'printed 1' } }]);
  });
});
