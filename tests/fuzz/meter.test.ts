import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { Cursor, s32, UnreadableModule, u32 } from '../../gateway/engine/meter/binary.ts';
import { readInstruction } from '../../gateway/engine/meter/instructions.ts';
import { meterModule } from '../../gateway/engine/meter/meter-module.ts';
import { readBundle } from '../../gateway/engine/read-bundle.ts';
import { Breakage } from '../../gateway/errors.ts';
import { stubBytes } from '../engine/harness.ts';

const { wasm } = await readBundle('stub.tar.gz', stubBytes);

it('a module with bytes changed is either refused, or metered into a valid one', () => {
  let metered = 0;
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(wasm.length - 1), fc.nat(255)), { minLength: 1, maxLength: 2 }), (changes) => {
      const bytes = Uint8Array.from(wasm);
      for (const [at, byte] of changes) bytes[at] = byte;
      try {
        assert.ok(WebAssembly.validate(meterModule(bytes)));
        metered += 1;
      } catch (error) {
        if (!(error instanceof Breakage)) throw error;
      }
    }),
    { numRuns: 150 },
  );
  assert.ok(metered > 0, 'some changes leave a module valid');
});

it('numbers come back as they were written', () => {
  fc.assert(fc.property(fc.nat(2 ** 32 - 1), (value) => new Cursor(Uint8Array.from(u32(value))).u32() === value));
  fc.assert(
    fc.property(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), (value) => {
      // A function that gives the constant back, read by the engine that counts.
      const body = [0, 0x41, ...s32(value), 0x0b];
      const code = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 5, 1, 0x60, 0, 1, 0x7f, 3, 2, 1, 0, 7, 5, 1, 1, 0x66, 0, 0];
      const module = new WebAssembly.Module(Uint8Array.from([...code, 10, body.length + 2, 1, body.length, ...body]));
      assert.equal((new WebAssembly.Instance(module, {}).exports['f'] as () => number)(), value);
    }),
  );
});

it('any bytes are read as instructions or refused, without end or overrun', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      const code = new Cursor(bytes);
      try {
        while (!code.isAtEnd) readInstruction(code);
      } catch (error) {
        if (!(error instanceof UnreadableModule)) throw error;
      }
      assert.ok(code.at <= bytes.length);
    }),
  );
});
