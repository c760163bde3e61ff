import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { systemClock } from '../../gateway/observe/clock.ts';
import { makePostgresRegistry, type PostgresRegistry } from '../../gateway/registry/postgres-registry.ts';
import { findPostgres, type Postgres, startPostgres } from '../../scripts/components/postgres.ts';
import { freezeClock, keepLog } from '../pipeline/authenticate/clock.ts';
import { storedKey, testRegistry } from './contract.ts';

const programs = findPostgres();
const missing = programs === undefined && process.env['CI'] === undefined;

suite('registry in PostgreSQL', { skip: missing ? 'PostgreSQL is not installed (apt-get install postgresql)' : false }, () => {
  let server: Postgres;
  const opened: PostgresRegistry[] = [];
  let databases = 0;

  before(async () => {
    assert.ok(programs !== undefined, 'PostgreSQL is installed in CI');
    server = await startPostgres(programs);
  });
  after(async () => {
    for (const registry of opened) await registry.close();
    await server.stop();
  });

  async function freshUrl(): Promise<string> {
    const { default: pg } = await import('pg');
    const client = new pg.Client(server.url);
    await client.connect();
    const name = `t${++databases}`;
    await client.query(`create database ${name}`);
    await client.end();
    return server.url.replace(/\/postgres$/, `/${name}`);
  }

  async function open(url: string, clock = freezeClock(Date.parse('2026-01-01T00:00:00.000Z'))): Promise<PostgresRegistry> {
    const registry = makePostgresRegistry({ url, maxStalenessMs: 900_000, clock, logger: keepLog().logger });
    opened.push(registry);
    await registry.start();
    return registry;
  }

  testRegistry('postgres', async () => {
    const { keys, revocations } = await open(await freshUrl());
    return { keys, ring: keys, revocations };
  });

  test('what one node is told, another one knows without being asked', async () => {
    const url = await freshUrl();
    const [here, there] = await Promise.all([open(url), open(url)]);
    await here.keys.add(storedKey('aaaaaaaaaa'));
    await here.revocations.add({ kind: 'subject', id: 'okta:00u1', at: '2026-01-01T00:00:00.000Z' });
    await until(() => there.revocations.has('subject', 'okta:00u1') === true && there.keys.find('aaaaaaaaaa') !== undefined);
  });

  test('with the database lost, known keys go on until they are too old; when it is back, so is everything', async () => {
    const url = await freshUrl();
    const clock = freezeClock(Date.parse('2026-01-01T00:00:00.000Z'));
    const registry = await open(url, clock);
    await registry.keys.add(storedKey('aaaaaaaaaa'));
    await server.halt();
    await registry.start();
    assert.ok(registry.keys.find('aaaaaaaaaa') !== undefined && registry.keys.find('aaaaaaaaaa') !== 'unknown');
    await assert.rejects(registry.keys.add(storedKey('bbbbbbbbbb')), { code: 'credential.registry-unavailable' });
    clock.advance(900_001);
    assert.equal(registry.keys.find('aaaaaaaaaa'), 'unknown');
    assert.equal(registry.revocations.has('subject', 'x'), undefined);
    await server.resume();
    await until(async () => {
      await registry.start();
      return registry.keys.find('aaaaaaaaaa') !== 'unknown';
    });
  });

  test('no failure tells the password', async () => {
    const log = keepLog();
    const url = 'postgresql://regate:hunter2secret@127.0.0.1:1/none';
    const registry = makePostgresRegistry({ url, maxStalenessMs: 1000, clock: systemClock, logger: log.logger });
    opened.push(registry);
    await registry.start();
    await assert.rejects(registry.keys.all(), (error: Error) => !String(error.stack).includes('hunter2secret'));
    assert.doesNotMatch(JSON.stringify(log), /hunter2secret/);
  });
});

/** Waits for what another connection does; the test's own limit of time ends it. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => void setTimeout(resolve, 20));
}
