import assert from 'node:assert/strict';
import { chmodSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeFingerprint } from '../../gateway/ledger/fingerprint.ts';
import { makeDirectory } from './log-harness.ts';

test('the key is made once, for its owner only; equal bodies have equal fingerprints under it, after a restart too', (t) => {
  const path = join(makeDirectory(t), 'keys', 'fingerprint.key');
  const first = makeFingerprint(path);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  const again = makeFingerprint(path);
  const body = Buffer.from('{"messages":[]}');
  assert.equal(first(body), again(body));
  assert.match(first(body) ?? '', /^[0-9a-f]{32}$/);
  assert.notEqual(first(body), first(Buffer.from('{"messages":[ ]}')));
  assert.notEqual(first(body), makeFingerprint(join(makeDirectory(t), 'other.key'))(body));
});

test('a body beyond the bound has none', (t) => {
  const fingerprint = makeFingerprint(join(makeDirectory(t), 'k'));
  assert.notEqual(fingerprint(Buffer.alloc(1024 * 1024)), undefined);
  assert.equal(fingerprint(Buffer.alloc(1024 * 1024 + 1)), undefined);
});

test('a key that is none, or that others can read, is not used', (t) => {
  const path = join(makeDirectory(t), 'k');
  writeFileSync(path, 'secret but short', { mode: 0o600 });
  assert.throws(
    () => makeFingerprint(path),
    (error) => error instanceof Error && !error.message.includes('secret but short'),
  );
  writeFileSync(path, 'ab'.repeat(32));
  chmodSync(path, 0o640);
  assert.throws(() => makeFingerprint(path), /chmod 600/);
});
