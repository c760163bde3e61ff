import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import type { SessionData, Store } from 'express-session';
import { openSessionStore, type SessionStore } from '../../../../gateway/http/login/stores/store.ts';
import type { SessionStoreConfiguration } from '../../../../gateway/vocabulary/login.ts';
import { MovableClock } from '../scene.ts';
import { isRedisMissing, startRedis } from './redis-server.ts';

const quiet = { error() {}, warn() {}, info() {}, debug() {} };
const clock = new MovableClock();

interface Kind {
  readonly name: string;
  readonly skip: boolean;
  configure(t: TestContext): Promise<SessionStoreConfiguration>;
  /** Whether what was kept is there after a restart of the gateway. */
  readonly lasts: boolean;
}

const kinds: readonly Kind[] = [
  { name: 'memory', skip: false, lasts: false, configure: async () => ({ kind: 'memory' }) },
  {
    name: 'SQLite',
    skip: false,
    lasts: true,
    async configure(t) {
      const directory = mkdtempSync(join(tmpdir(), 'regate-sessions-'));
      t.after(() => rmSync(directory, { recursive: true }));
      return { kind: 'sqlite', file: join(directory, 'deep', 'sessions.db') };
    },
  },
  {
    name: 'Redis',
    skip: isRedisMissing(),
    lasts: true,
    async configure(t) {
      return { kind: 'redis', url: (await startRedis(t)).url, prefix: 'test:' };
    },
  },
];

const later = () => clock.now() + 60_000;
const past = () => clock.now() - 1;

function sampleSession(endsAt: number): SessionData {
  const person = { kind: 'person', id: 'okta:u-1', issuer: 'okta', method: 'oidc', roles: ['engineer'], groups: [], claims: {} } as const;
  const login = { id: 's-1', person, begunAt: 1, endsAt, authTime: 1, amr: ['pwd'], provider: { alias: 'okta', subject: 'u-1' } };
  // What express-session hands over is its own object; only what JSON keeps of it counts.
  return { cookie: { originalMaxAge: null }, login } as unknown as SessionData;
}

/** A store of express-session with promises in place of callbacks. */
function callable(store: Store) {
  const settle = <T>(run: (done: (error?: unknown, value?: T) => void) => void) =>
    new Promise<T | undefined>((resolve, reject) => run((error, value) => (error ? reject(error) : resolve(value))));
  return {
    get: (sid: string) => settle<SessionData | null>((done) => void store.get(sid, done)),
    set: (sid: string, session: SessionData) => settle((done) => void store.set(sid, session, done)),
    destroy: (sid: string) => settle((done) => void store.destroy(sid, done)),
  };
}

const open = (store: SessionStoreConfiguration): Promise<SessionStore> => openSessionStore({ store, clock, logger: quiet });

for (const { name, skip, configure, lasts } of kinds) {
  describe(`the store of logins: ${name}`, { skip }, () => {
    test('keeps the contract', async (t) => {
      const configuration = await configure(t);
      let store = await open(configuration);
      t.after(() => store.close());
      const { shelf } = store;

      await t.test('a value is there until its time, and can be replaced', async () => {
        assert.equal(await shelf.get('a'), undefined);
        await shelf.put('a', 'one', later());
        assert.equal(await shelf.get('a'), 'one');
        await shelf.put('a', 'two', later());
        assert.equal(await shelf.get('a'), 'two');
        await shelf.put('a', 'three', past());
        assert.equal(await shelf.get('a'), undefined);
      });

      await t.test('of many who add the same, one succeeds', async () => {
        const added = await Promise.all(Array.from({ length: 20 }, (_, index) => shelf.add('once', String(index), later())));
        assert.equal(added.filter(Boolean).length, 1);
        assert.equal(await shelf.get('once'), String(added.indexOf(true)));
      });

      await t.test('what has expired can be added again', async () => {
        await shelf.put('gone', 'old', past());
        assert.equal(await shelf.add('gone', 'new', later()), true);
        assert.equal(await shelf.get('gone'), 'new');
      });

      await t.test('of many who take the same, one gets it', async () => {
        await shelf.put('prize', 'gold', later());
        const taken = await Promise.all(Array.from({ length: 20 }, () => shelf.take('prize')));
        assert.deepEqual(
          taken.filter((value) => value !== undefined),
          ['gold'],
        );
        assert.equal(await shelf.take('prize'), undefined);
      });

      await t.test('what has expired cannot be taken', async () => {
        await shelf.put('stale', 'x', past());
        assert.equal(await shelf.take('stale'), undefined);
      });

      await t.test('a set holds each member until its own time', async () => {
        assert.deepEqual(await shelf.members('people'), []);
        await shelf.enlist('people', 'ann', later());
        await shelf.enlist('people', 'bob', later());
        await shelf.enlist('people', 'ann', later());
        await shelf.enlist('people', 'old', past());
        assert.deepEqual([...(await shelf.members('people'))].sort(), ['ann', 'bob']);
        // A later time counts, an earlier one does not shorten a stay.
        await shelf.enlist('people', 'bob', past());
        assert.deepEqual([...(await shelf.members('people'))].sort(), ['ann', 'bob']);
        await shelf.strike('people', 'ann');
        await shelf.strike('people', 'nobody');
        assert.deepEqual(await shelf.members('people'), ['bob']);
      });

      await t.test('names that mean something to a store are only names', async () => {
        for (const key of ['*', "x' or '1'='1", 'a b', 'ключ', '\r\nFLUSHALL\r\n', '__proto__']) {
          await shelf.put(key, `value of ${key}`, later());
          await shelf.enlist(`${key} set`, key, later());
          assert.equal(await shelf.get(key), `value of ${key}`);
          assert.deepEqual(await shelf.members(`${key} set`), [key]);
        }
        assert.equal(await shelf.get('once*'), undefined);
      });

      const { get, set, destroy } = callable(store.sessions);

      await t.test('a session is there until its end, or until it is destroyed', async () => {
        assert.ok(!(await get('sid-1')));
        await set('sid-1', sampleSession(later()));
        assert.deepEqual((await get('sid-1'))?.login?.person.roles, ['engineer']);
        await set('sid-2', sampleSession(past()));
        assert.ok(!(await get('sid-2')));
        await destroy('sid-1');
        await destroy('sid-1');
        assert.ok(!(await get('sid-1')));
      });

      await t.test(lasts ? 'it survives a restart' : 'it ends with the process', async () => {
        await set('sid-3', sampleSession(later()));
        await shelf.put('lasting', 'yes', later());
        await store.close();
        store = await open(configuration);
        assert.equal(await store.shelf.get('lasting'), lasts ? 'yes' : undefined);
        const found = await callable(store.sessions).get('sid-3');
        assert.equal(Boolean(found), lasts);
      });
    });
  });
}

test('the file of logins is readable by its owner only', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'regate-sessions-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'sessions.db');
  const store = await open({ kind: 'sqlite', file });
  await store.shelf.put('a', 'b', later());
  assert.equal(statSync(file).mode & 0o777, 0o600);
  await store.close();
});

test('a file that cannot be opened is a breakage that says so', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'regate-sessions-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'no-folder');
  writeFileSync(file, 'something else');
  await assert.rejects(open({ kind: 'sqlite', file: join(file, 'sessions.db') }), { name: 'Breakage', code: 'login.unavailable' });
  await assert.rejects(open({ kind: 'sqlite', file }), { name: 'Breakage', code: 'login.unavailable' }, 'a file that is no database');
});

test('a Redis that is away fails at once, and is used again when it is back', { skip: isRedisMissing() }, async (t) => {
  const redis = await startRedis(t);
  const store = await open({ kind: 'redis', url: redis.url, prefix: 'test:' });
  t.after(() => store.close());
  await store.shelf.put('a', 'b', later());
  await redis.stop();
  await assert.rejects(store.shelf.get('a'), { name: 'Breakage', code: 'login.unavailable' });
  await assert.rejects(store.shelf.add('a', 'b', later()), { name: 'Breakage', code: 'login.unavailable' });
  await assert.rejects(callable(store.sessions).get('sid'));
});

test('a gateway starts while its Redis is away', async (t) => {
  const store = await open({ kind: 'redis', url: 'redis://127.0.0.1:1', prefix: 'test:' });
  t.after(() => store.close());
  await assert.rejects(store.shelf.get('a'), { name: 'Breakage', code: 'login.unavailable' });
});
