import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { Breakage } from '../../../gateway/errors.ts';
import { parseKeys } from '../../../gateway/pipeline/authenticate/jwks.ts';
import { makeFileKeySet } from '../../../gateway/pipeline/authenticate/jwks-file.ts';
import { makeRemoteKeySet } from '../../../gateway/pipeline/authenticate/jwks-remote.ts';
import { freezeClock, keepLog } from './clock.ts';
import { ec, ed, jwk, keySet, rsa } from './issuer.ts';

const setA = JSON.stringify(keySet);
const setB = JSON.stringify({ keys: [jwk(ed.publicKey, { kid: 'ed-1' })] });

suite('parseKeys: only public, asymmetric, strong keys verify', () => {
  for (const [name, key] of [
    ['a private key', jwk(rsa.privateKey, { kid: 'x' })],
    ['a symmetric key', { kty: 'oct', k: 'c2VjcmV0', kid: 'x' }],
    ['a symmetric key in the clothes of an RSA one', { ...jwk(rsa.publicKey), k: 'c2VjcmV0' }],
    ['RSA of 1024 bits', jwk(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey)],
    ['no object', 'key'],
  ] as const) {
    test(`${name} is left out`, () => {
      assert.equal(parseKeys(JSON.stringify({ keys: [key, jwk(ec.publicKey)] })).dropped, 1);
      assert.throws(() => parseKeys(JSON.stringify({ keys: [key] })), Breakage);
    });
  }
  for (const text of ['', '[]', '{}', '{"keys":{}}', '{"keys":[]}', 'null']) {
    test(`${text || 'nothing'} is no key set`, () => assert.throws(() => parseKeys(text), Breakage));
  }
});

function makeRemote() {
  const clock = freezeClock();
  const { logger, lines } = keepLog();
  const waiting: { resolve: (text: string) => void; reject: (error: Error) => void }[] = [];
  const keys = makeRemoteKeySet({
    url: 'https://issuer.example/keys',
    alias: 'okta',
    clock,
    logger,
    times: { freshMs: 100, usableMs: 1000, cooldownMs: 50, retryMs: 10 },
    fetchKeys: () => {
      const { promise, resolve, reject } = Promise.withResolvers<string>();
      waiting.push({ resolve, reject });
      return promise;
    },
  });
  const settle = async (text: string | Error) => {
    const fetch = waiting.shift();
    assert.ok(fetch, 'nothing is being fetched');
    if (typeof text === 'string') fetch.resolve(text);
    else fetch.reject(text);
    // Let what waits for the fetch run.
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { keys, clock, lines, waiting, settle };
}

const down = new Breakage('credential.issuer-unavailable', 'down');

suite('remote key set', () => {
  test('however many wait, there is one fetch', async () => {
    const { keys, waiting, settle } = makeRemote();
    const all = [keys.current(), keys.current(), keys.renew(), keys.current()];
    assert.equal(waiting.length, 1);
    await settle(setA);
    const found = await Promise.all(all);
    assert.ok(found.every((one) => one?.revision === 1));
  });
  test('not fresh any more: fetched behind the back of the requests', async () => {
    const { keys, clock, waiting, settle } = makeRemote();
    const first = keys.current();
    await settle(setA);
    assert.equal((await first)?.revision, 1);
    clock.advance(100);
    assert.equal((await keys.current())?.revision, 1);
    assert.equal(waiting.length, 1);
    await settle(setB);
    assert.equal(keys.revision(), 2);
  });
  test('asking for the revision alone keeps the keys fresh, so cached tokens do not outlive their key', async () => {
    const { keys, clock, settle } = makeRemote();
    const first = keys.current();
    await settle(setA);
    await first;
    clock.advance(100);
    assert.equal(keys.revision(), 1);
    await settle(setB);
    assert.equal(keys.revision(), 2);
  });
  test('the same keys fetched again are the same revision', async () => {
    const { keys, clock, settle } = makeRemote();
    const first = keys.current();
    await settle(setA);
    await first;
    clock.advance(100);
    keys.revision();
    await settle(setA);
    assert.equal(keys.revision(), 1);
  });
  test('an unknown key id is looked up once in a while, not at every request', async () => {
    const { keys, clock, waiting, settle } = makeRemote();
    const first = keys.current();
    await settle(setA);
    await first;
    assert.equal(await keys.renew(), undefined);
    assert.equal(waiting.length, 0);
    clock.advance(50);
    const renewed = keys.renew();
    await settle(setB);
    assert.equal((await renewed)?.revision, 2);
    assert.equal(await keys.renew(), undefined);
    assert.equal(waiting.length, 0);
  });
  test('an issuer that is down: its last keys count for a bounded time, and it is not hammered', async () => {
    const { keys, clock, lines, waiting, settle } = makeRemote();
    const first = keys.current();
    await settle(setA);
    await first;
    clock.advance(100);
    keys.revision();
    await settle(down);
    assert.equal((await keys.current())?.revision, 1);
    assert.equal(waiting.length, 0);
    clock.advance(10);
    keys.revision();
    await settle(down);
    clock.advance(890);
    const last = keys.current();
    await settle(down);
    assert.equal(await last, undefined);
    assert.equal(keys.revision(), undefined);
    assert.equal(lines.filter(({ level }) => level === 'error').length, 3);
  });
  test('while it is down, unknown key ids do not make it be asked more often', async () => {
    const { keys, clock, waiting, settle } = makeRemote();
    const first = keys.current();
    await settle(setA);
    await first;
    clock.advance(50);
    const renewed = keys.renew();
    await settle(down);
    assert.equal(await renewed, undefined);
    const again = keys.renew();
    assert.equal(waiting.length, 0);
    assert.equal(await again, undefined);
  });
  test('it comes back', async () => {
    const { keys, clock, settle } = makeRemote();
    const first = keys.current();
    await settle(down);
    assert.equal(await first, undefined);
    assert.equal(await keys.current(), undefined);
    clock.advance(10);
    const second = keys.current();
    await settle(setA);
    assert.equal((await second)?.revision, 1);
  });
  test('a set without a usable key replaces nothing', async () => {
    const { keys, clock, settle } = makeRemote();
    const first = keys.current();
    await settle(setA);
    await first;
    clock.advance(100);
    keys.revision();
    await settle('{"keys":[]}');
    assert.equal(keys.revision(), 1);
  });
});

suite('file key set', () => {
  test('it follows the file, and a bad file replaces nothing', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'regate-jwks-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'keys.json');
    const clock = freezeClock();
    const { logger, lines } = keepLog();
    const keys = makeFileKeySet({ path, clock, logger });
    assert.equal(await keys.current(), undefined);
    writeFileSync(path, setA);
    clock.advance(1000);
    assert.equal((await keys.current())?.revision, 1);
    assert.equal(await keys.renew(), undefined);
    writeFileSync(path, '{"keys":');
    clock.advance(1000);
    assert.equal(keys.revision(), 1);
    writeFileSync(path, setB);
    clock.advance(1000);
    assert.equal(keys.revision(), 2);
    assert.deepEqual(
      lines.map(({ level }) => level),
      ['error', 'info', 'error', 'info'],
    );
  });
});
