import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { hostBuiltins } from '../../gateway/engine/builtins/registry.ts';
import { makeEvaluator } from '../../gateway/engine/evaluator.ts';
import { meterModule } from '../../gateway/engine/meter/meter-module.ts';
import { readBundle } from '../../gateway/engine/read-bundle.ts';
import { Breakage } from '../../gateway/errors.ts';
import { frozenClock, keepingLogger, stubBytes } from './harness.ts';

const answer = 'gateway/decision/answer';
const { wasm, data } = await readBundle('stub.tar.gz', stubBytes);
const module = await WebAssembly.compile(wasm);
const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

function evaluatorOf(maxMemoryBytes = 64 << 20, content: unknown = data) {
  return makeEvaluator({
    module,
    data: text(content),
    maxMemoryBytes,
    builtins: hostBuiltins,
    clock: frozenClock,
    logger: keepingLogger(),
  });
}

const question = (path: string, role = 'engineer') => ({
  version: 1,
  request: { path },
  identity: { principals: [{ roles: [role] }] },
  model: { resolved: 'large' },
  attempt: { number: 1, previous: [] },
});
const granted = { allow: true, reasons: [], route: { model: 'large' } };

const failing =
  (why: RegExp, code = 'policy.error') =>
  (error: unknown) => {
    assert.ok(error instanceof Breakage, `not a Breakage: ${error}`);
    assert.equal(error.code, code);
    assert.match(error.message, why);
    return true;
  };

describe('input', () => {
  const { evaluate } = evaluatorOf();
  for (const input of [null, false, 0, '', [], {}]) {
    it(`${JSON.stringify(input)} is an input`, () => assert.equal(evaluate('gateway/maybe/given', input), true));
  }

  it('undefined is none, and is not asked about', () => {
    assert.throws(() => evaluate('gateway/maybe/given', undefined), failing(/no input/));
  });

  const values: readonly [string, unknown][] = [
    ['controls and quotes', 'a\u0000\n"\\\u007f\u2028'],
    ['a backslash that looks like an escape', '\\ud800'],
    ['astral characters', '😀\u{10ffff}'],
    ['a key that is a prototype’s', JSON.parse('{"__proto__":{"constructor":1}}')],
    ['nested sixty deep', JSON.parse('['.repeat(60) + ']'.repeat(60))],
  ];
  for (const [what, value] of values) {
    it(`${what} arrives as it is`, () => assert.deepEqual(evaluate('gateway/maybe/value', { value }), value));
  }

  it('unpaired surrogates become U+FFFD, in keys too', () => {
    const value = { 'a\ud800': ['\udc00b', '\ud83d\ude00'] };
    assert.deepEqual(evaluate('gateway/maybe/value', { value }), { 'a\ufffd': ['\ufffdb', '😀'] });
  });

  it('nested too deeply is refused before it reaches the module', () => {
    for (const depth of [65, 5000, 50_000]) {
      const deep = JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);
      assert.throws(() => evaluate('gateway/maybe/given', deep), failing(/deeper than 64|cannot be written as JSON/));
    }
  });

  it('brackets within strings do not count as depth', () => {
    assert.equal(evaluate('gateway/maybe/value', { value: '[{"\\'.repeat(100) }), '[{"\\'.repeat(100));
  });

  it('that is not JSON is refused', () => {
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    for (const stray of [1n, circle, () => 1]) assert.throws(() => evaluate('gateway/maybe/given', stray), failing(/JSON|no input/));
  });
});

describe('a result', () => {
  const { evaluate } = evaluatorOf();

  it('is undefined where the rule is undefined', () => assert.equal(evaluate('gateway/maybe/value', {}), undefined));
  it('may be false, which is not undefined', () => assert.equal(evaluate('gateway/maybe/value', { value: false }), false));
  it('is an array for a set, in no order that means anything', () => {
    assert.deepEqual(new Set(evaluate('gateway/listing/models', question('/')) as string[]), new Set(['large', 'small']));
  });

  it('is refused by name for an entry point that is not there', () => {
    for (const name of ['gateway/nothing/here', 'toString', '__proto__', '']) {
      assert.throws(() => evaluate(name, {}), failing(/no entry point/, 'policy.unavailable'));
    }
  });
});

describe('an evaluation that throws', () => {
  it('tells operators where the conflict is, and nothing of the input', () => {
    const { evaluate } = evaluatorOf();
    const secret = { ...question('/test/conflict'), password: 'hunter2' };
    assert.throws(
      () => evaluate(answer, secret),
      (error) => failing(/stub\/decision\.rego:\d+:1: var assignment conflict/)(error) && !JSON.stringify(error).includes('hunter2'),
    );
  });

  it('ten thousand times in a row does no harm to the next', () => {
    const { evaluate, replaced, memoryBytes } = evaluatorOf();
    assert.deepEqual(evaluate(answer, question('/v1')), granted);
    const before = memoryBytes();
    for (let count = 0; count < 10_000; count += 1) assert.throws(() => evaluate(answer, question('/test/conflict')), Breakage);
    assert.equal(replaced.thrown, 10_000);
    assert.deepEqual(evaluate(answer, question('/v1')), granted);
    assert.deepEqual(evaluate(answer, question('/v1', 'contractor')), {
      allow: false,
      reasons: [{ code: 'model.not-granted', rule: 'stub', public: true }],
    });
    assert.equal(memoryBytes(), before);
  });

  it('for want of memory leaves the next one a fresh memory', () => {
    const { evaluate, memoryBytes } = evaluatorOf(16 << 20);
    const before = memoryBytes();
    for (let count = 0; count < 5; count += 1) {
      assert.throws(() => evaluate(answer, question('/test/grow')), failing(/more memory than/, 'policy.memory'));
      assert.deepEqual(evaluate(answer, question('/v1')), granted);
    }
    assert.equal(memoryBytes(), before);
  });
});

describe('memory', () => {
  it('that has grown far is given back, and the answer still counts', () => {
    const { evaluate, replaced, memoryBytes } = evaluatorOf(256 << 20);
    const before = memoryBytes();
    const swollen = evaluate(answer, question('/test/swell')) as { allow: boolean; message: string };
    assert.ok(swollen.allow && swollen.message.startsWith('123456789101112'));
    assert.equal(replaced.grown, 1);
    assert.deepEqual(evaluate(answer, question('/v1')), granted);
    assert.equal(memoryBytes(), before);
  });

  it('of a replaced instance holds the same data, without parsing them again', () => {
    const many = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`role-${index}`, ['large']]));
    const { evaluate, replaced } = evaluatorOf(128 << 20, { roles: many });
    for (let round = 0; round < 3; round += 1) {
      assert.throws(() => evaluate(answer, question('/test/conflict')), Breakage);
      assert.deepEqual(evaluate(answer, question('/v1', 'role-19999')), granted);
    }
    assert.equal(replaced.thrown, 3);
  });
});

describe('much data', () => {
  const many = Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`person-${index}`, { roles: ['engineer'] }]));
  const metered = new WebAssembly.Module(meterModule(wasm));
  const make = (people: object) =>
    makeEvaluator({
      module: metered,
      data: text({ roles: { engineer: ['large'] }, people }),
      maxMemoryBytes: 256 << 20,
      builtins: hostBuiltins,
      clock: frozenClock,
      logger: keepingLogger(),
    });

  it('cost a replacement of the instance nothing', () => {
    const quickest = ({ evaluate }: ReturnType<typeof make>) => {
      const times = Array.from({ length: 300 }, () => {
        assert.throws(() => evaluate(answer, question('/test/conflict')), Breakage);
        const from = performance.now();
        assert.deepEqual(evaluate(answer, question('/v1')), granted);
        return performance.now() - from;
      });
      return times.toSorted((left, right) => left - right)[30] ?? Number.NaN;
    };
    const little = quickest(make({}));
    const much = quickest(make(many));
    assert.ok(much < little * 3 + 0.1, `${much} ms with much, ${little} ms with little`);
  });

  it('are not written to by evaluations, whatever becomes of them', () => {
    const { evaluate, readData } = make(many);
    const before = readData();
    for (const path of ['/v1', '/test/data', '/test/swell', '/test/catalogue']) evaluate(answer, question(path));
    assert.throws(() => evaluate(answer, question('/test/conflict')), Breakage);
    evaluate(answer, question('/v1'));
    assert.equal(Buffer.compare(before, readData()), 0);
  });

  it('move to a smaller memory in slices, while decisions go on in the larger one', async () => {
    const { evaluate, memoryBytes, replaced, readData } = make(many);
    const before = readData();
    const rest = memoryBytes();
    // Growing far needs more than the room that reading the data has left.
    for (let round = 0; round < 20 && memoryBytes() <= rest + (8 << 20); round += 1) {
      evaluate(answer, { ...question('/test/echo'), attempt: { number: 1, previous: ['x'.repeat(8 << 20)] } });
    }
    assert.ok(memoryBytes() > rest + (8 << 20));
    assert.equal(replaced.grown, 0);
    while (replaced.grown === 0) {
      assert.deepEqual(evaluate(answer, question('/v1')), granted);
      assert.throws(() => evaluate(answer, question('/test/conflict')), Breakage);
      await turn();
    }
    assert.equal(memoryBytes(), rest);
    assert.deepEqual(evaluate(answer, question('/v1')), granted);
    assert.equal(Buffer.compare(before, readData()), 0);
  });
});

describe('the budget', () => {
  it('stops an evaluation at the first look at the time that comes too late', () => {
    let looks = 0;
    const { evaluate } = makeEvaluator({
      module: new WebAssembly.Module(meterModule(wasm)),
      data: text({}),
      maxMemoryBytes: 64 << 20,
      maxEvaluationMs: 50,
      cpuMs: () => {
        looks += 1;
        return looks * 30;
      },
      builtins: hostBuiltins,
      clock: frozenClock,
      logger: keepingLogger(),
    });
    evaluate(answer, question('/v1'));
    assert.equal(looks, 0);
    assert.throws(() => evaluate(answer, question('/test/swell')), failing(/took longer than/, 'policy.deadline'));
    assert.equal(looks, 3);
  });

  it('ends also where time stands still', () => {
    const { evaluate } = makeEvaluator({
      module: new WebAssembly.Module(meterModule(wasm)),
      data: text({}),
      maxMemoryBytes: 256 << 20,
      maxEvaluationMs: 1,
      cpuMs: () => 0,
      builtins: hostBuiltins,
      clock: frozenClock,
      logger: keepingLogger(),
    });
    assert.throws(() => evaluate(answer, question('/test/swell')), failing(/took longer than/, 'policy.deadline'));
  });
});
