import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { brotliCompressSync } from 'node:zlib';
import { Breakage } from '../../gateway/errors.ts';
import { readModule, toolchainDirectory } from '../../gateway/toolchain/read-module.ts';
import { temporaryDirectory } from './toolchain-harness.ts';

test('without a built toolchain the error says what is missing, where, and which commands to run', async (t) => {
  const directory = temporaryDirectory(t);
  await assert.rejects(readModule(directory), (error) => {
    assert(error instanceof Breakage);
    assert.match(error.message, /^The policy toolchain is not built: there is neither opa\.wasm nor opa\.wasm\.br in /);
    assert(error.message.includes(directory));
    assert.match(error.message, /^ {4}npm run toolchain$/m);
    assert.match(error.message, /^ {4}cp \S+opa\.wasm\.br /m);
    return true;
  });
});

test('the plain module is taken before the compressed one, the compressed one alone is enough', async (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, 'opa.wasm.br'), brotliCompressSync(Buffer.from('compressed')));
  assert.equal(Buffer.from(await readModule(directory)).toString(), 'compressed');
  writeFileSync(join(directory, 'opa.wasm'), 'plain');
  assert.equal(Buffer.from(await readModule(directory)).toString(), 'plain');
});

test('a damaged module says so', async (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, 'opa.wasm.br'), 'not brotli');
  await assert.rejects(readModule(directory), /opa\.wasm\.br is damaged\. Build it again \(npm run toolchain\)/);
});

test('the toolchain lies beside its sources', () => {
  assert.equal(toolchainDirectory(), join(import.meta.dirname, '..', '..', 'toolchain', 'build'));
});
