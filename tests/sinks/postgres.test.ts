import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { after, before, type TestContext, test } from 'node:test';
import pg from 'pg';
import { seal } from '../../gateway/secret.ts';
import { makePostgresSender } from '../../gateway/sinks/postgres.ts';
import { findPostgres, type Postgres, startPostgres } from '../../scripts/components/postgres.ts';
import { eventually, openSink, testSinkContract, timeoutMs } from './contract.ts';
import type { Behaviour, TestReceiver } from './http-receiver.ts';
import { makeTestLog } from './log.ts';

const programs = findPostgres();
if (programs === undefined && process.env['CI'] === 'true') throw new Error('PostgreSQL is missing');
const skip = programs === undefined ? 'PostgreSQL is not installed' : undefined;

let server: Postgres | undefined;
let database: pg.Client | undefined;
let tables = 0;

before(async () => {
  if (programs === undefined) return;
  server = await startPostgres(programs);
  database = new pg.Client(server.url);
  await database.connect();
});
after(async () => {
  await database?.end();
  await server?.stop();
});

const ask = async (sql: string): Promise<readonly Record<string, unknown>[]> => (await database?.query(sql))?.rows ?? [];

/** Stands between the sink and the real server, and does to connections as it is told. */
async function startBetween(t: TestContext): Promise<TestReceiver & { readonly port: () => number }> {
  const behind = Number(new URL(server?.url ?? '').port);
  let behaviour: Behaviour = 'accept';
  let times = 0;
  let seen = 0;
  let port = 0;
  let between: Server | undefined;
  const open = new Set<{ destroy(): unknown }>();

  async function resume(): Promise<void> {
    between = createServer((near) => {
      seen += 1;
      open.add(near);
      near.on('error', () => undefined);
      const now = times > 0 ? behaviour : 'accept';
      times -= 1;
      if (now === 'silent') return;
      if (now === 'fail') return void near.destroy();
      const far = connect(behind, '127.0.0.1');
      open.add(far);
      far.on('error', () => near.destroy());
      far.on('close', () => near.destroy());
      near.on('close', () => far.destroy());
      near.pipe(far);
      far.on('data', (chunk: Buffer) => {
        // The server has inserted, and says so; nobody hears it.
        if (now === 'drop' && chunk.includes('INSERT 0 ')) near.destroy();
        else near.write(chunk);
      });
    }).listen(port, '127.0.0.1');
    await once(between, 'listening');
    ({ port } = between.address() as AddressInfo);
  }
  async function halt(): Promise<void> {
    const ending = between;
    between = undefined;
    if (ending === undefined) return;
    const closed = once(ending, 'close');
    ending.close();
    for (const socket of open) socket.destroy();
    await closed;
  }
  await resume();
  t.after(halt);
  const behave = (as: Behaviour, count = 1): void => {
    behaviour = as;
    times = count;
  };
  return { behave, seen: () => seen, halt, resume, port: () => port };
}

async function start(t: TestContext) {
  const receiver = await startBetween(t);
  const table = `regate_${++tables}`;
  const url = async () => seal(`postgresql://regate@127.0.0.1:${receiver.port()}/postgres`);
  const makeSender = () => makePostgresSender({ configuration: { table, timeoutMs }, url });
  const arrived = async (): Promise<readonly string[]> => {
    const [found] = await ask(`select to_regclass('${table}') as found`);
    if (found?.['found'] === null) return [];
    const rows = await ask(`select decision_id from ${table} where kind = 'decided' order by segment, line_number`);
    return rows.map((row) => String(row['decision_id']));
  };
  return { receiver, table, makeSender, arrived };
}

testSinkContract({ name: 'postgres', carries: 'every line', start, skip });

test('rows are made of lines; a line that is there already stands there once', { skip: skip ?? false }, async (t) => {
  const log = await makeTestLog(t);
  const { receiver, table, makeSender } = await start(t);
  receiver.behave('drop', 1);
  const [id] = await log.decide(1, { input: { text: 'a\u0000b\u2028' } });
  const action = await log.administer('keys.create');
  const { sink } = await openSink(t, log, makeSender());
  await eventually(() => sink.status().delivered_lines === 3, 'all are confirmed');
  const rows = await ask(`select decision_id, kind, attempt, decision, originator, line, written_at from ${table} order by line_number`);
  assert.deepEqual(
    rows.map((row) => [row['decision_id'], row['kind'], row['attempt'], row['decision'], row['originator']]),
    [
      [id, 'decided', 1, 'allow', 'ada'],
      [id, 'delivered', 1, null, null],
      [action, 'administrative', 0, 'allow', 'root'],
    ],
  );
  assert.deepEqual((JSON.parse(String(rows[0]?.['line'])) as { input: unknown }).input, { text: 'a\u0000b\u2028' });
  await log.close();
});

test('a table that is another one, or a database that is not there, is told as such', { skip: skip ?? false }, async (t) => {
  const { table, makeSender } = await start(t);
  await ask(`create table ${table} (a integer)`);
  const entry = {
    schema: 'regate.decision/1',
    kind: 'refused-summary',
    timestamp: '2026-03-02T10:00:00.000Z',
    labels: {},
    since: '',
    counts: {},
  } as const;
  const line = { segment: 's', number: 2, bytes: Buffer.from('{}'), entry };
  const { signal } = new AbortController();
  await assert.rejects(makeSender().send([line], signal), { kind: 'misdirected' });
  const nowhere = makePostgresSender({ configuration: { table, timeoutMs }, url: async () => seal(`${server?.url}nowhere`) });
  await assert.rejects(nowhere.send([line], signal), { kind: 'misdirected' });
});

test('a database elsewhere is not spoken to in the clear, and its URL is not told', async () => {
  const entry = {
    schema: 'regate.decision/1',
    kind: 'refused-summary',
    timestamp: '2026-03-02T10:00:00.000Z',
    labels: {},
    since: '',
    counts: {},
  } as const;
  const line = { segment: 's', number: 2, bytes: Buffer.from('{}'), entry };
  const unsafe = ['', '?sslmode=disable', '?sslmode=no-verify', '?sslmode=prefer', '?host=db.example'];
  for (const more of unsafe) {
    const sender = makePostgresSender({
      configuration: { table: 't', timeoutMs },
      url: async () => seal(`postgresql://u:pw@db.invalid/x${more}`),
    });
    await assert.rejects(sender.send([line], new AbortController().signal), (error: Error & { kind?: string }) => {
      assert.equal(error.kind, 'untrusted', more);
      assert.doesNotMatch(`${error.message} ${String(error.cause)}`, /pw/);
      return true;
    });
  }
  const none = makePostgresSender({ configuration: { table: 't', timeoutMs }, url: async () => seal('pw-of-somebody') });
  await assert.rejects(
    none.send([line], new AbortController().signal),
    (error: Error) => error.cause === undefined && !/pw-of/.test(error.message),
  );
});
