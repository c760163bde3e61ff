import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hostBuiltins } from '../../../gateway/engine/builtins/registry.ts';
import { makeEvaluator } from '../../../gateway/engine/evaluator.ts';
import { u32 } from '../../../gateway/engine/meter/binary.ts';
import { tickCall } from '../../../gateway/engine/meter/meter-body.ts';
import { meterModule, stepsExport } from '../../../gateway/engine/meter/meter-module.ts';
import { readBundle } from '../../../gateway/engine/read-bundle.ts';
import { Breakage } from '../../../gateway/errors.ts';
import { frozenClock, keepingLogger, stubBytes } from '../harness.ts';

const section = (id: number, ...content: readonly (readonly number[])[]) => [id, ...u32(content.flat().length), ...content.flat()];
const name = (text: string) => [text.length, ...Buffer.from(text)];

/** A module with the import that every OPA module has, one page of memory, and one function `() -> ()` of the given code, exported as `run`. */
function moduleOf(code: readonly number[], locals: readonly number[] = [0]): Uint8Array {
  const body = [...locals, ...code, 0x0b];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [2], [0x60, 2, 0x7f, 0x7f, 1, 0x7f], [0x60, 0, 0]),
    ...section(2, [1], name('env'), name('opa_builtin0'), [0, 0]),
    ...section(3, [1], [1]),
    ...section(5, [1], [0, 16]),
    ...section(7, [1], name('run'), [0, 1]),
    ...section(10, [1], u32(body.length), body),
  ]);
}

interface Run {
  readonly left: { value: number };
  readonly ticks: number[];
  readonly run: () => void;
}

/** Starts a metered module; at its third question the host throws. */
function start(wasm: Uint8Array): Run {
  const ticks: number[] = [];
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(meterModule(wasm)), {
    env: {
      opa_builtin0: (id: number) => {
        ticks.push(id);
        if (ticks.length === 3) throw new Error('enough');
        left.value = 1000;
        return 0;
      },
    },
  });
  const left = exports[stepsExport] as { value: number };
  left.value = 1000;
  return { left, ticks, run: exports['run'] as () => void };
}

const call = [0x41, 0, 0x41, 0, 0x10, 0, 0x1a];
const refused = (wasm: Uint8Array, why: RegExp) =>
  assert.throws(
    () => meterModule(wasm),
    (error) => error instanceof Breakage && error.code === 'policy.unavailable' && why.test(error.message),
  );

describe('a metered module', () => {
  it('asks the host at the turns of a loop that calls something', () => {
    // loop (if local 0 then call; local 0 is never set) br 0 end
    const { run, ticks } = start(moduleOf([0x03, 0x40, 0x20, 0, 0x04, 0x40, ...call, 0x0b, 0x0c, 0, 0x0b], [1, 1, 0x7f]));
    assert.throws(run, /enough/);
    assert.deepEqual(ticks, [tickCall, tickCall, tickCall]);
  });

  it('traps in a loop that calls nothing', () => {
    const { run, ticks, left } = start(moduleOf([0x03, 0x40, 0x0c, 0, 0x0b]));
    assert.throws(run, WebAssembly.RuntimeError);
    assert.deepEqual(ticks, []);
    assert.equal(left.value, -4_000_001);
  });

  it('asks the host when it recurses', () => {
    const { run, ticks } = start(moduleOf([0x10, 1]));
    assert.throws(run, /enough|Maximum call stack/);
    assert.ok(ticks.every((id) => id === tickCall) && ticks.length > 0);
  });

  it('pays for bulk operations by their length', () => {
    // memory.fill(0, 0, 1 MiB)
    const fill = [0x41, 0, 0x41, 0, 0x41, 0x80, 0x80, 0xc0, 0, 0xfc, 11, 0];
    const { run, left } = start(moduleOf(fill));
    left.value = 20_000;
    run();
    assert.equal(left.value, 20_000 - 16_384);
  });

  it('asks for its size where it would grow by nothing, and still grows by something', () => {
    // drop(memory.grow(0)); drop(memory.grow(1))
    const metered = meterModule(moduleOf([0x41, 0, 0x40, 0, 0x1a, 0x41, 1, 0x40, 0, 0x1a]));
    assert.equal(Buffer.from(metered).includes(Buffer.from([0x41, 0, 0x40, 0])), false);
    assert.ok(Buffer.from(metered).includes(Buffer.from([0x3f, 0, 0x1a, 0x41, 1, 0x40, 0, 0x1a])));
    assert.ok(WebAssembly.validate(metered));
  });

  it('passes straight code for nothing', () => {
    const { run, left } = start(moduleOf([0x41, 1, 0x41, 2, 0x6a, 0x1a]));
    run();
    assert.equal(left.value, 1000);
  });

  it('keeps the depths of its jumps', () => {
    // block block loop; br_table [0 1 2] with 2 → leaves both blocks at once; unreachable behind
    const table = [0x02, 0x40, 0x02, 0x40, 0x03, 0x40, 0x41, 5, 0x0e, 2, 0, 1, 2, 0x0b, 0x00, 0x0b, 0x00, 0x0b];
    const { run, left } = start(moduleOf(table));
    run();
    assert.equal(left.value, 999);
  });

  it('answers as the module that it was made of', async () => {
    const { wasm, data } = await readBundle('stub.tar.gz', stubBytes);
    const make = (bytes: Uint8Array) =>
      makeEvaluator({
        module: new WebAssembly.Module(bytes),
        data: new TextEncoder().encode(JSON.stringify(data)),
        maxMemoryBytes: 64 << 20,
        builtins: hostBuiltins,
        clock: frozenClock,
        logger: keepingLogger(),
      });
    const plain = make(wasm);
    const metered = make(meterModule(wasm));
    for (const path of ['/v1', '/test/echo', '/test/data', '/test/false', '/test/swell', '/test/catalogue']) {
      const input = { version: 1, request: { path }, identity: { principals: [] }, attempt: { number: 1, previous: [1, 'x'] } };
      assert.deepEqual(metered.evaluate('gateway/decision/answer', input), plain.evaluate('gateway/decision/answer', input));
    }
    assert.ok(metered.stepsTaken() > 1000);
    assert.deepEqual(metered.readData(), plain.readData());
  });
});

describe('a module that cannot be metered', () => {
  it('because it names the global that there will be, is refused: it could give itself steps', () => {
    const thief = moduleOf([0x41, 0xff, 0xff, 0xff, 0xff, 7, 0x24, 0]);
    refused(thief, /not a valid WebAssembly module/);
  });

  it('because it uses the variables that there will be, is refused', () => {
    refused(moduleOf([0x41, 0, 0x21, 0]), /not a valid WebAssembly module/);
  });

  it('because of an instruction that the meter does not know, is refused with its number', () => {
    // i32x4.splat
    const simd = moduleOf([0x41, 0, 0xfd, 17, 0x1a]);
    assert.ok(WebAssembly.validate(simd));
    refused(simd, /the instruction 0xfd/);
    // return_call
    const tail = moduleOf([0x12, 1]);
    assert.ok(WebAssembly.validate(tail));
    refused(tail, /the instruction 0x12/);
  });

  it('because it lacks the import by which it would ask, is refused', () => {
    const bytes = Buffer.from(moduleOf([]));
    bytes.write('opa_builtin9', bytes.indexOf('opa_builtin0'));
    refused(bytes, /does not import opa_builtin0/);
  });

  it('because it is cut off or is none, is refused', async () => {
    const { wasm } = await readBundle('stub.tar.gz', stubBytes);
    for (const bytes of [new Uint8Array(), wasm.subarray(0, 8000), Buffer.from('no module')]) refused(bytes, /not a valid/);
  });
});
