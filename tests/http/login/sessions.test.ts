import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readSecrets } from '../../../gateway/http/login/session-cookie.ts';
import { makeSessions } from '../../../gateway/http/login/sessions.ts';
import { type KeptSession, openSessionStore } from '../../../gateway/http/login/stores/store.ts';
import { MovableClock, secret } from './scene.ts';

const quiet = { error() {}, warn() {}, info() {}, debug() {} };
const sid = 'A'.repeat(43);

function cookieOf(id: string, key = secret): { readonly headers: { readonly cookie: string } } {
  const signature = createHmac('sha256', key).update(id).digest('base64').replace(/=+$/, '');
  return { headers: { cookie: `other=1; __Host-regate=${encodeURIComponent(`s:${id}.${signature}`)}` } };
}

async function openSessions(secrets: readonly string[] = [secret]) {
  const clock = new MovableClock();
  const store = await openSessionStore({ store: { kind: 'memory' }, clock, logger: quiet });
  const sessions = makeSessions({ store, secrets, limits: { idleSeconds: 600 }, clock });
  const kept: KeptSession = {
    id: 'session-1',
    person: { kind: 'person', id: 'okta:u-1', issuer: 'okta', method: 'oidc', roles: [], groups: [], claims: {} },
    begunAt: clock.now(),
    endsAt: clock.now() + 3_600_000,
    authTime: clock.now(),
    amr: [],
    provider: { alias: 'okta', subject: 'u-1', session: 's-1' },
    idToken: 'not for anybody',
  };
  await new Promise((resolve) => void store.sessions.set(sid, { cookie: { originalMaxAge: null }, login: kept } as never, resolve));
  await sessions.enter(sid, kept);
  return { clock, store, sessions, kept };
}

test('a session is found by its cookie and by its public id, without what only the login may know', async () => {
  const { sessions } = await openSessions();
  const found = await sessions.read(cookieOf(sid));
  assert.equal(found?.person.id, 'okta:u-1');
  assert.deepEqual(await sessions.find('session-1'), found);
  assert.doesNotMatch(JSON.stringify(found), /not for anybody/);
  assert.equal(await sessions.find(sid), undefined, 'what the cookie holds is no public id');
});

test('of several that end a session at once, one is told what it was', async () => {
  const { sessions } = await openSessions();
  const ended = await Promise.all(Array.from({ length: 5 }, () => sessions.end('session-1')));
  assert.equal(ended.filter((session) => session !== undefined).length, 1);
  assert.equal(await sessions.read(cookieOf(sid)), undefined);
  assert.deepEqual(await sessions.named({ alias: 'okta', subject: 'u-1' }), []);
});

test('a use that is noted after the end does not bring a session back', async () => {
  const { sessions, store, clock } = await openSessions();
  await sessions.end('session-1');
  // As another node would that has read the session just before.
  await store.shelf.put('seen:session-1', String(clock.now()), clock.now() + 600_000);
  assert.equal(await sessions.read(cookieOf(sid)), undefined);
  assert.equal(await sessions.find('session-1'), undefined);
  await sessions.touch('session-1');
  assert.equal(await sessions.find('session-1'), undefined);
});

test('looking a session up by its id is no use of it, touching it is', async () => {
  const { sessions, clock } = await openSessions();
  clock.forward(599);
  assert.ok(await sessions.find('session-1'));
  clock.forward(2);
  assert.equal(await sessions.find('session-1'), undefined);

  const touched = await openSessions();
  touched.clock.forward(599);
  await touched.sessions.touch('session-1');
  touched.clock.forward(599);
  assert.ok(await touched.sessions.find('session-1'));
});

test('cookies of an older secret hold while it is listed', async () => {
  const next = 'the-next-secret-of-the-tests-0123456789';
  const { sessions } = await openSessions([next, secret]);
  assert.ok(await sessions.read(cookieOf(sid)));
  assert.ok(await sessions.read(cookieOf(sid, next)));
  const later = await openSessions([next]);
  assert.equal(await later.sessions.read(cookieOf(sid)), undefined);
});

test("a provider's names mean its own sessions only", async () => {
  const { sessions } = await openSessions();
  assert.deepEqual(await sessions.named({ alias: 'okta', subject: 'u-1', session: 's-1' }), ['session-1']);
  assert.deepEqual(await sessions.named({ alias: 'okta', session: 's-1' }), ['session-1']);
  assert.deepEqual(await sessions.named({ alias: 'entra', subject: 'u-1' }), []);
  assert.deepEqual(await sessions.named({ alias: 'okta', subject: 'u-2', session: 's-1' }), []);
  assert.deepEqual(await sessions.named({ alias: 'okta' }), []);
});

test('secrets are read from a file, one a line, none too short', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'regate-secret-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const secretFile = join(directory, 'secret');
  writeFileSync(secretFile, `${'n'.repeat(40)}\n\n  ${'o'.repeat(32)}\n`);
  assert.deepEqual(readSecrets({ secretFile }), ['n'.repeat(40), 'o'.repeat(32)]);
  for (const bad of ['', '\n', 'too-short', `${'n'.repeat(40)}\nshort`]) {
    writeFileSync(secretFile, bad);
    assert.throws(() => readSecrets({ secretFile }), { name: 'Breakage', code: 'login.unavailable' }, JSON.stringify(bad));
  }
  assert.throws(() => readSecrets({ secretFile: join(directory, 'none') }), { name: 'Breakage', code: 'login.unavailable' });
  const [random = ''] = readSecrets({});
  assert.ok(random.length >= 43 && readSecrets({})[0] !== random);
});
