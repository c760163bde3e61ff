import { chmodSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Breakage } from '../../../errors.ts';
import type { Clock } from '../../../vocabulary/clock.ts';
import type { Shelf } from '../../../vocabulary/session.ts';

export interface SqliteShelfNeeds {
  /** Absolute path; made, with its folder, where it is missing. */
  readonly file: string;
  readonly clock: Pick<Clock, 'now'>;
}

/** How many writes pass between two looks for what has expired. */
const sweepEvery = 256;

/** Another process of this machine may hold the file for a moment. */
const busyMs = 2000;

const tables = `
  create table if not exists entry (key text primary key, value text not null, until integer not null) strict, without rowid;
  create table if not exists member (name text not null, member text not null, until integer not null, primary key (name, member)) strict, without rowid;
  create index if not exists entry_until on entry (until);
  create index if not exists member_until on member (until);
`;

/**
 * The shelf in a SQLite file, for one node: it survives a restart. The file is readable by its owner only, since it says who is logged in.
 * @throws Breakage `login.unavailable` where the file cannot be opened
 */
export function openSqliteShelf({ file, clock }: SqliteShelfNeeds): Shelf {
  const database = guard(() => {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const opened = new DatabaseSync(file);
    chmodSync(file, 0o600);
    // Losing the last moment before a power cut logs somebody out or lets a login be repeated; it never lets anybody in.
    opened.exec(`pragma journal_mode = wal; pragma synchronous = normal; pragma busy_timeout = ${busyMs};`);
    opened.exec(tables);
    return opened;
  });
  const select = database.prepare('select value from entry where key = ? and until > ?');
  const upsert = database.prepare(
    'insert into entry (key, value, until) values (?, ?, ?) on conflict do update set value = excluded.value, until = excluded.until',
  );
  const insert = database.prepare(
    'insert into entry (key, value, until) values (?, ?, ?) on conflict do update set value = excluded.value, until = excluded.until where until <= ?',
  );
  const remove = database.prepare('delete from entry where key = ? returning value, until');
  const enlist = database.prepare(
    'insert into member (name, member, until) values (?, ?, ?) on conflict do update set until = max(until, excluded.until)',
  );
  const members = database.prepare('select member from member where name = ? and until > ?');
  const strike = database.prepare('delete from member where name = ? and member = ?');
  const sweepEntries = database.prepare('delete from entry where until <= ?');
  const sweepMembers = database.prepare('delete from member where until <= ?');
  let writes = 0;

  function sweep(): void {
    writes += 1;
    if (writes % sweepEvery !== 0) return;
    sweepEntries.run(clock.now());
    sweepMembers.run(clock.now());
  }

  return {
    get: async (key) => guard(() => textOf(select.get(key, clock.now()), 'value')),
    put: async (key, value, until) =>
      guard(() => {
        sweep();
        upsert.run(key, value, until);
      }),
    add: async (key, value, until) =>
      guard(() => {
        sweep();
        return insert.run(key, value, until, clock.now()).changes === 1;
      }),
    take: async (key) =>
      guard(() => {
        const row = remove.get(key);
        return row !== undefined && Number(row['until']) > clock.now() ? textOf(row, 'value') : undefined;
      }),
    enlist: async (set, member, until) =>
      guard(() => {
        sweep();
        enlist.run(set, member, until);
      }),
    members: async (set) =>
      guard(() =>
        members
          .all(set, clock.now())
          .map((row) => textOf(row, 'member'))
          .filter((member) => member !== undefined),
      ),
    strike: async (set, member) => guard(() => void strike.run(set, member)),
    close: async () => guard(() => database.close()),
  };
}

function textOf(row: Record<string, unknown> | undefined, column: string): string | undefined {
  const value = row?.[column];
  return typeof value === 'string' ? value : undefined;
}

function guard<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new Breakage('login.unavailable', 'The file of logins cannot be used.', { cause });
  }
}
