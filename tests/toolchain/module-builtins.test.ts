import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { unpackTar } from '../../gateway/bundle/unpack-tar.ts';
import { moduleBuiltins } from '../../gateway/toolchain/module-builtins.ts';

const fixtures = join(import.meta.dirname, '..', 'engine', 'fixtures');

test('a module names the built-ins of its host, without being run', async () => {
  const files = await unpackTar(gunzipSync(readFileSync(join(fixtures, 'calls.tar.gz'))));
  const names = await moduleBuiltins(files.get('policy.wasm') ?? new Uint8Array());
  assert(names.includes('time.clock') && names.includes('crypto.sha256'), names.join(' '));
  assert(!names.includes('count'));
  const none = await unpackTar(gunzipSync(readFileSync(join(fixtures, 'boolean.tar.gz'))));
  assert.deepEqual(await moduleBuiltins(none.get('policy.wasm') ?? new Uint8Array()), []);
});

test('what is no policy module is a breakage', async () => {
  await assert.rejects(moduleBuiltins(Buffer.from('junk')), /policy\.wasm in the bundle is not a policy module of OPA/);
  await assert.rejects(moduleBuiltins(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)), /not a policy module/);
});
