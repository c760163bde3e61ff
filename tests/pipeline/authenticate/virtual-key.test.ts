import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { Breakage } from '../../../gateway/errors.ts';
import { makeVirtualKeyAuthenticator } from '../../../gateway/pipeline/authenticate/virtual-key.ts';
import { formatKeyDocument, parseKeyDocument, type StoredKey } from '../../../gateway/registry/key-document.ts';
import { makeKeyFile } from '../../../gateway/registry/key-file.ts';
import { keyIdForm, makeKeyText, readKeyText } from '../../../gateway/registry/key-format.ts';
import { makePepper, readPepper } from '../../../gateway/registry/pepper.ts';
import { seal } from '../../../gateway/secret.ts';
import { freezeClock, keepLog } from './clock.ts';
import { makeKeyBench, someKey } from './key-bench.ts';

const stored = (id: string, more: Partial<StoredKey> = {}): StoredKey => ({
  ...someKey,
  id,
  claims: { cost_center: 7 },
  roles: ['ci'],
  groups: [],
  scopes: [],
  hash: 'a'.repeat(64),
  ...more,
});

function makeFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'regate-keys-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

suite('virtual key: what it says', () => {
  test('proof without the key', () => {
    const bench = makeKeyBench();
    const text = bench.issue({});
    const proof = bench.authenticator(seal(text));
    assert.deepEqual(proof, { method: 'virtual-key', key: { ...someKey, id: text.slice(3, 13) } });
    assert.ok(!JSON.stringify(proof).includes(text.slice(14)));
  });
  test('revoked, for the holder only', () => {
    const bench = makeKeyBench();
    const text = bench.issue({ revoked_at: '2025-06-15T00:00:00.000Z' });
    assert.equal(bench.verdict(text), 'credential.revoked');
    assert.equal(bench.verdict(bench.withChecksum(`${text.slice(0, 14)}${'x'.repeat(32)}`)), 'credential.invalid');
  });
  test('expires to the millisecond', () => {
    const bench = makeKeyBench();
    const text = bench.issue({ expires_at: new Date(bench.clock.now() + 1000).toISOString() });
    bench.clock.advance(999);
    assert.equal(bench.verdict(text), 'accepted');
    bench.clock.advance(1);
    assert.equal(bench.verdict(text), 'credential.expired');
  });
  test('not mine', () => assert.equal(makeKeyBench().verdict('sk-abc'), 'not mine'));
  test('without configured keys every key is unknown', () => {
    const result = makeVirtualKeyAuthenticator(undefined)(seal(makeKeyBench().unknown()));
    assert.ok(result !== undefined && 'code' in result && result.code === 'credential.invalid');
  });
});

suite('key format', () => {
  test('is read back, and every draw is another one', () => {
    const texts = new Set<string>();
    for (let n = 0; n < 200; n++) {
      const { id, text } = makeKeyText((size) => crypto.getRandomValues(new Uint8Array(size)));
      assert.match(id, keyIdForm);
      assert.equal(text.length, 52);
      assert.deepEqual(readKeyText(text), { id, text });
      texts.add(text);
    }
    assert.equal(texts.size, 200);
  });
  test('a byte that would favour some characters is drawn again', () => {
    let call = 0;
    // 248 to 255 would make the first eight of 62 characters likelier.
    const { text } = makeKeyText((size) => new Uint8Array(size).fill(call++ < 2 ? 255 : 1));
    assert.match(text, /^rg_7{10}_1{32}/);
  });
});

suite('pepper', () => {
  test('too short is refused', () => assert.throws(() => makePepper(new Uint8Array(31)), Breakage));
  test('is read without the line end, and not where everybody can', (t) => {
    const path = join(makeFolder(t), 'pepper');
    const secret = 'f'.repeat(64);
    writeFileSync(path, `${secret}\r\n`, { mode: 0o600 });
    assert.deepEqual(readPepper(path).digest('k'), makePepper(Buffer.from(secret)).digest('k'));
    chmodSync(path, 0o604);
    assert.throws(() => readPepper(path), /chmod 600/);
    assert.throws(() => readPepper(`${path}.none`), Breakage);
  });
});

suite('key document', () => {
  const valid = { version: 1, keys: [stored('aaaaaaaaaa')] };
  for (const [name, document] of [
    ['another version', { ...valid, version: 2 }],
    ['an unknown member', { ...valid, more: 1 }],
    ['an unknown member of a key', { version: 1, keys: [{ ...stored('aaaaaaaaaa'), secret: 'x' }] }],
    ['an id twice', { version: 1, keys: [stored('aaaaaaaaaa'), stored('aaaaaaaaaa')] }],
    ['a name of two holders', { version: 1, keys: [stored('aaaaaaaaaa'), stored('bbbbbbbbbb', { owner: { kind: 'team', id: 'other' } })] }],
    ['no owner', { version: 1, keys: [{ ...stored('aaaaaaaaaa'), owner: undefined }] }],
    ['a team as holder', { version: 1, keys: [{ ...stored('aaaaaaaaaa'), kind: 'team' }] }],
    ['a short hash', { version: 1, keys: [stored('aaaaaaaaaa', { hash: 'ab' })] }],
    ['a role with a line end', { version: 1, keys: [stored('aaaaaaaaaa', { roles: ['a\nb'] })] }],
    ['a time that is none', { version: 1, keys: [stored('aaaaaaaaaa', { expires_at: 'soon' })] }],
  ] as const) {
    test(`${name} is refused`, () => assert.throws(() => parseKeyDocument(JSON.stringify(document)), Breakage));
  }
  test('a revoked key frees its name; two keys of one holder are a rotation', () => {
    const other = { owner: { kind: 'team', id: 'other' }, revoked_at: '2025-06-15T00:00:00Z' } as const;
    const keys = [stored('aaaaaaaaaa'), stored('bbbbbbbbbb'), stored('cccccccccc', other)];
    assert.deepEqual(parseKeyDocument(formatKeyDocument(keys)).keys, keys);
  });
});

suite('key file', () => {
  test('follows the file; a bad one leaves the last good in force', (t) => {
    const path = join(makeFolder(t), 'keys.json');
    const clock = freezeClock();
    const { logger, lines } = keepLog();
    const ring = makeKeyFile({ path, clock, logger });
    const write = (text: string) => {
      writeFileSync(`${path}.tmp`, text, { mode: 0o600 });
      renameSync(`${path}.tmp`, path);
      clock.advance(1000);
    };
    const found = (id: string) => {
      const known = ring.find(id);
      assert.notEqual(known, 'unknown');
      return known === 'unknown' ? undefined : known;
    };
    assert.equal(ring.find('aaaaaaaaaa'), undefined);
    clock.advance(1000);
    assert.equal(ring.find('aaaaaaaaaa'), undefined);
    write(formatKeyDocument([stored('aaaaaaaaaa')]));
    assert.equal(found('aaaaaaaaaa')?.key.name, 'ci-bot');
    assert.ok(!('hash' in (found('aaaaaaaaaa')?.key ?? {})));
    write('{"version":1,');
    assert.equal(found('aaaaaaaaaa')?.key.revoked_at, undefined);
    clock.advance(5000);
    ring.find('aaaaaaaaaa');
    write(formatKeyDocument([stored('aaaaaaaaaa', { revoked_at: '2025-06-15T00:00:00Z' })]));
    assert.equal(found('aaaaaaaaaa')?.key.revoked_at, '2025-06-15T00:00:00Z');
    chmodSync(path, 0o602);
    clock.advance(1000);
    assert.ok(ring.find('aaaaaaaaaa'));
    // Missing (once), read, corrupt (once, however often it is looked at), read, writable by everybody.
    assert.deepEqual(
      lines.map(({ level }) => level),
      ['error', 'info', 'error', 'info', 'error'],
    );
    assert.ok(lines.every(({ fields }) => !JSON.stringify(fields).includes('version')));
  });
  test('is looked at once a second', (t) => {
    const path = join(makeFolder(t), 'keys.json');
    const clock = freezeClock();
    const ring = makeKeyFile({ path, clock, logger: keepLog().logger });
    ring.find('aaaaaaaaaa');
    writeFileSync(path, formatKeyDocument([stored('aaaaaaaaaa')]), { mode: 0o600 });
    clock.advance(999);
    assert.equal(ring.find('aaaaaaaaaa'), undefined);
    clock.advance(1);
    assert.ok(ring.find('aaaaaaaaaa'));
  });
});
