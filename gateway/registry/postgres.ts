import { readFileSync } from 'node:fs';
import pg from 'pg';
import { Breakage } from '../errors.ts';
import type { Logger } from '../vocabulary/logger.ts';

export interface PostgresNeeds {
  /** `postgresql://user:password@host:port/database`; a secret. */
  readonly url: string;
  /** PEM file of additional roots; TLS is then required and the server's name checked. */
  readonly ca?: string;
  readonly logger: Logger;
  /** Called when another node has changed something. */
  readonly changed: () => void;
}

/** The database as the registry uses it. */
export interface Database {
  /** @throws Breakage `credential.registry-unavailable` where it cannot be reached or refuses */
  query<R extends pg.QueryResultRow>(sql: string, values?: readonly unknown[]): Promise<readonly R[]>;
  /** Runs in one transaction, one at a time over all nodes, and tells every node that something has changed. */
  change<R>(work: (query: Database['query']) => Promise<R>): Promise<R>;
  close(): Promise<void>;
}

const channel = 'regate_registry';
/** A number of ours, so that two nodes that start together do not make the tables twice, nor change them at once. */
const advisoryLock = 7_243_001;
const relistenMs = 1000;

const tables = `
create table if not exists regate_keys (
  id text primary key,
  document jsonb not null,
  last_used_at timestamptz
);
create table if not exists regate_revocations (
  kind text not null,
  id text not null,
  document jsonb not null,
  primary key (kind, id)
);
create table if not exists regate_version (
  one boolean primary key default true check (one),
  version bigint not null default 0
);
insert into regate_version default values on conflict do nothing;
`;

/** Connects when it is first used. What listens for changes connects again by itself; whoever mirrors looks once a second anyway. */
export function openPostgres({ url, ca, logger, changed }: PostgresNeeds): Database {
  const settings: pg.PoolConfig = {
    connectionString: url,
    max: 4,
    connectionTimeoutMillis: 3000,
    statement_timeout: 5000,
    application_name: 'regate',
    ...(ca === undefined ? {} : { ssl: { ca: readFileSync(ca, 'utf8'), rejectUnauthorized: true } }),
  };
  const pool = new pg.Pool(settings);
  // An idle connection that breaks is replaced at the next query; unheard, its error would end the process.
  pool.on('error', (error) => logger.warn('a connection to the registry database broke', { reason: codeOf(error) }));
  let closed = false;
  let listener: pg.Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  let prepared: Promise<unknown> | undefined;

  const query: Database['query'] = async (sql, values = []) => {
    try {
      prepared ??= makeTables();
      await prepared;
      return (await pool.query(sql, [...values])).rows;
    } catch (cause) {
      prepared = undefined;
      throw translate(cause);
    }
  };

  /** `create table if not exists` is not safe against itself; the lock makes one node do it. */
  async function makeTables(): Promise<void> {
    const client = await pool.connect();
    try {
      await client.query('begin');
      await client.query('select pg_advisory_xact_lock($1)', [advisoryLock]);
      await client.query(tables);
      await client.query('commit');
    } catch (error) {
      await client.query('rollback').catch(() => undefined);
      throw error;
    } finally {
      client.release();
    }
  }

  const change: Database['change'] = async (work) => {
    await query('select 1');
    let client: pg.PoolClient;
    try {
      client = await pool.connect();
    } catch (cause) {
      throw translate(cause);
    }
    try {
      await client.query('begin');
      await client.query('select pg_advisory_xact_lock($1)', [advisoryLock]);
      const result = await work(async (sql, values = []) => (await client.query(sql, [...values])).rows);
      await client.query('update regate_version set version = version + 1');
      await client.query(`notify ${channel}`);
      await client.query('commit');
      return result;
    } catch (cause) {
      // The reason for the rollback is the one to tell.
      await client.query('rollback').catch(() => undefined);
      throw translate(cause);
    } finally {
      client.release();
    }
  };

  async function listen(): Promise<void> {
    if (closed) return;
    const client = new pg.Client(settings);
    const lost = (): void => {
      if (listener !== client) return;
      listener = undefined;
      void client.end().catch(() => undefined);
      if (!closed) timer = setTimeout(() => void listen(), relistenMs).unref();
    };
    listener = client;
    client.on('error', lost);
    client.on('end', lost);
    client.on('notification', changed);
    try {
      await client.connect();
      await client.query(`listen ${channel}`);
      changed();
    } catch {
      // Whoever mirrors meets the same failure within a second and says so in the log.
      lost();
    }
  }
  void listen();

  return {
    query,
    change,
    async close() {
      closed = true;
      clearTimeout(timer);
      await listener?.end().catch(() => undefined);
      await pool.end();
    },
  };
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown';
}

/** The driver's message may hold the user's and the host's name, never the password; only its code goes on. */
function translate(cause: unknown): Breakage {
  if (cause instanceof Breakage) return cause;
  return new Breakage('credential.registry-unavailable', `the registry database failed (${codeOf(cause)})`, { cause });
}
