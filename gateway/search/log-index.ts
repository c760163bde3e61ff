import { rmSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { DeliveredRecord } from '../vocabulary/record.ts';
import type { LogCount, LogHit, LogPage, LogQuery, StatisticsBy } from '../vocabulary/search.ts';
import type { IndexedEntry } from './describe-entry.ts';
import { facetKinds, indexVersion, tables } from './index-tables.ts';
import { buildSearch, buildStatistics, readCursor, writeCursor } from './query.ts';

export interface LogIndex {
  /** How far a segment has been read: lines, and whether it has ended. */
  segment(name: string): { readonly lines: number; readonly ended: boolean };
  /** Runs changes as one: all of them are kept, or none. */
  transact(work: () => void): void;
  mark(segment: string, lines: number, ended: boolean): void;
  add(segment: string, line: number, entry: IndexedEntry): void;
  /** Notes how a decision ended. A decision that is not there yet is none of this index. */
  end(delivered: DeliveredRecord): void;
  /** Forgets what stood in segments that have been retired. */
  forget(names: ReadonlySet<string>): void;
  segments(): readonly string[];
  /** @param cursor where an earlier page ended @throws RangeError for a cursor that is none */
  search(query: LogQuery, limit: number, cursor?: string): LogPage;
  /** Counts by what is asked, the most frequent first. */
  count(by: StatisticsBy, query: LogQuery, limit: number): readonly LogCount[];
  size(): number;
  close(): void;
}

/** Names that are remembered with their numbers; more are looked up again. */
const mostNames = 100_000;

/**
 * Opens the index of a log. It is a copy of what the log says, made to be searched: never needed for writing, and built anew from the log where it is
 * missing, broken or of another version. So it is not synced to the disk either.
 * @param path of the file, or `:memory:`
 */
export function openLogIndex(path: string): LogIndex {
  const db = openDatabase(path);
  const statements = new Map<string, StatementSync>();
  const names = new Map<string, number>();

  function prepare(sql: string): StatementSync {
    const known = statements.get(sql) ?? db.prepare(sql);
    statements.set(sql, known);
    return known;
  }

  function nameOf(text: string): number {
    const known = names.get(text);
    if (known !== undefined) return known;
    prepare('insert into names (text) values (?) on conflict do nothing').run(text);
    const id = Number(prepare('select id from names where text = ?').get(text)?.['id']);
    if (names.size >= mostNames) names.clear();
    names.set(text, id);
    return id;
  }

  /** Only reads: a text that the log never held has no number. */
  function findName(text: string): number | undefined {
    const id = prepare('select id from names where text = ?').get(text)?.['id'];
    return id === undefined ? undefined : Number(id);
  }

  const maybe = (text: string | undefined): number | null => (text === undefined ? null : nameOf(text));
  const segmentId = (name: string): number => Number(prepare('select id from segments where name = ?').get(name)?.['id']);

  return {
    segment(name) {
      const row = prepare('select lines, ended from segments where name = ?').get(name);
      return { lines: Number(row?.['lines'] ?? 0), ended: Number(row?.['ended'] ?? 0) === 1 };
    },
    transact(work) {
      // At once: two processes that follow the same log must not both believe that they are the first.
      db.exec('begin immediate');
      try {
        work();
        db.exec('commit');
      } catch (error) {
        db.exec('rollback');
        names.clear();
        throw error;
      }
    },
    mark(segment, lines, ended) {
      prepare(
        'insert into segments (name, lines, ended) values (?, ?, ?) on conflict (name) do update set lines = excluded.lines, ended = excluded.ended',
      ).run(segment, lines, ended ? 1 : 0);
    },
    add(segment, line, entry) {
      const { at, administrative, decisionId, requestId, attempt, decision } = entry;
      const { lastInsertRowid: id } = prepare(
        `insert into entries (segment, line, at, administrative, decision_id, request_id, attempt, decision, code, originator, caller, operation, action,
         model, backend, revision) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ).run(
        ...([segmentId(segment), line, at, administrative ? 1 : 0, decisionId, requestId ?? null, attempt, decision] as const),
        ...([maybe(entry.code), maybe(entry.originator), maybe(entry.caller), maybe(entry.operation), maybe(entry.action)] as const),
        ...([maybe(entry.model), maybe(entry.backend), maybe(entry.revision)] as const),
      );
      const facet = prepare('insert or ignore into facets (kind, value, at, entry) values (?, ?, ?, ?)');
      for (const [kind, value] of entry.facets) facet.run(facetKinds[kind], nameOf(value), at, id);
    },
    end({ decision_id: id, attempt, outcome, status, usage }) {
      prepare('update entries set outcome = ?, status = ?, input_tokens = ?, output_tokens = ? where decision_id = ? and attempt = ?').run(
        ...([outcome, status ?? null, usage?.input_tokens ?? null, usage?.output_tokens ?? null, id, attempt] as const),
      );
    },
    forget(gone) {
      for (const name of gone) {
        const id = segmentId(name);
        prepare('delete from facets where entry in (select id from entries where segment = ?)').run(id);
        prepare('delete from entries where segment = ?').run(id);
        prepare('delete from segments where id = ?').run(id);
      }
    },
    segments: () =>
      prepare('select name from segments')
        .all()
        .map((row) => String(row['name'])),
    search(query, limit, cursor) {
      const built = buildSearch(query, findName, limit + 1, cursor === undefined ? undefined : readCursor(cursor));
      if (built === undefined) return { hits: [] };
      const rows = prepare(built.sql).all(...built.values);
      const hits = rows.slice(0, limit).map(toHit);
      const last = hits.at(-1);
      return { hits, ...(rows.length > limit && last !== undefined ? { next: writeCursor(Date.parse(last.timestamp), last.entry) } : {}) };
    },
    count(by, query, limit) {
      const built = buildStatistics(by, query, findName, limit);
      if (built === undefined) return [];
      return prepare(built.sql)
        .all(...built.values)
        .map((row) => ({
          value: String(row['value']),
          count: Number(row['count']),
          denied: Number(row['denied']),
          input_tokens: Number(row['input_tokens']),
          output_tokens: Number(row['output_tokens']),
        }));
    },
    size: () => Number(prepare('select count(*) as size from entries').get()?.['size']),
    close: () => db.close(),
  };
}

/** Deletes an index; the next one to open it begins anew. */
export function discardIndex(path: string): void {
  for (const ending of ['', '-wal', '-shm']) rmSync(`${path}${ending}`, { force: true });
}

function openDatabase(path: string): DatabaseSync {
  const open = (): DatabaseSync => {
    const db = new DatabaseSync(path);
    db.exec(
      'pragma journal_mode = wal; pragma synchronous = off; pragma temp_store = memory; pragma cache_size = -65536; pragma busy_timeout = 5000',
    );
    return db;
  };
  let db: DatabaseSync | undefined;
  try {
    db = open();
    const version = Number(db.prepare('pragma user_version').get()?.['user_version']);
    if (version === indexVersion) return db;
    if (version === 0 && db.prepare('select count(*) as n from sqlite_master').get()?.['n'] === 0) {
      db.exec(tables);
      return db;
    }
  } catch (error) {
    // A file that is no database, or a broken one. What it held stands in the log.
    if (path === ':memory:') throw error;
  }
  db?.close();
  discardIndex(path);
  const fresh = open();
  fresh.exec(tables);
  return fresh;
}

function toHit(row: Record<string, unknown>): LogHit {
  const text = (name: string) => (row[name] === null ? undefined : String(row[name]));
  const number = (name: string) => (row[name] === null ? undefined : Number(row[name]));
  const known: { [K in keyof LogHit]: LogHit[K] | undefined } = {
    entry: Number(row['id']),
    segment: String(row['segment']),
    line: Number(row['line']),
    timestamp: new Date(Number(row['at'])).toISOString(),
    kind: Number(row['administrative']) === 1 ? 'administrative' : 'decided',
    decision_id: String(row['decision_id']),
    request_id: text('request_id'),
    decision: String(row['decision']),
    code: text('code'),
    originator: text('originator'),
    caller: text('caller'),
    operation: text('operation'),
    action: text('action'),
    model: text('model'),
    backend: text('backend'),
    revision: text('revision'),
    outcome: text('outcome'),
    status: number('status'),
    input_tokens: number('input_tokens'),
    output_tokens: number('output_tokens'),
  };
  return Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined)) as unknown as LogHit;
}
