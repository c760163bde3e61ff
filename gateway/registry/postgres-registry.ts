import { Breakage } from '../errors.ts';
import type { Clock } from '../vocabulary/clock.ts';
import type { Logger } from '../vocabulary/logger.ts';
import { addKey, revokeKey } from './change-keys.ts';
import { formatKeyDocument, parseKeyDocument, type StoredKey } from './key-document.ts';
import { readRing } from './key-file.ts';
import type { KeyRing, RingKey } from './key-ring.ts';
import type { KeyStore } from './key-store.ts';
import { makeMirror } from './mirror.ts';
import { type Database, openPostgres } from './postgres.ts';
import { formatRevocations, parseRevocations, placeOf, type Revocation, type RevocationList, type RevocationStore } from './revocation.ts';

export interface PostgresRegistryNeeds {
  readonly url: string;
  readonly ca?: string;
  readonly maxStalenessMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface PostgresRegistry {
  readonly keys: KeyStore & KeyRing;
  readonly revocations: RevocationStore & RevocationList;
  /** Reads both once. Never throws: a database that is away is told by `find` and `has`. */
  start(): Promise<void>;
  /** Seconds since the database was last heard of. */
  ageSeconds(): number | undefined;
  close(): Promise<void>;
}

interface Copy {
  readonly ring: ReadonlyMap<string, RingKey>;
  readonly revoked: ReadonlySet<string>;
}

/** Keys and revocations in PostgreSQL, for many nodes, with a copy in memory that follows within a second of any change. */
export function makePostgresRegistry({ url, ca, maxStalenessMs, clock, logger }: PostgresRegistryNeeds): PostgresRegistry {
  const database = openPostgres({ url, logger, changed: () => void mirror.refresh(), ...(ca === undefined ? {} : { ca }) });
  const mirror = makeMirror<Copy>({ what: 'The registry database', load, maxStalenessMs, clock, logger });

  async function load(known: string | undefined) {
    const [row] = await database.query<{ version: string }>('select version::text from regate_version');
    const version = row?.version ?? '0';
    if (version === known) return 'unchanged';
    const ring = readRing(formatKeyDocument(await readKeys(database.query)));
    const revoked = new Set((await readRevocations(database.query)).map(({ kind, id }) => placeOf(kind, id)));
    return { version, value: { ring, revoked } };
  }

  const keys: KeyStore & KeyRing = {
    find: (id) => (mirror.current() === undefined ? 'unknown' : mirror.current()?.ring.get(id)),
    all: () => readKeys(database.query),

    async add(key, replaces) {
      await database.change(async (query) => {
        const before = await readKeys(query);
        const after = addKey(before, key, replaces);
        // The check of the whole list: a name has one holder.
        checkWhole(after);
        await writeKeys(query, before, after);
      });
      await mirror.refresh();
    },

    async revoke(id, at) {
      const already = await database.change(async (query) => {
        const before = await readKeys(query);
        const { keys: after, already: earlier } = revokeKey(before, id, at);
        await writeKeys(query, before, after);
        return earlier;
      });
      await mirror.refresh();
      return already === undefined ? {} : { already };
    },

    async noteUses(uses) {
      if (uses.size === 0) return;
      const ids = [...uses.keys()];
      const times = [...uses.values()].map((at) => new Date(at).toISOString());
      await database.query(
        `update regate_keys k set last_used_at = greatest(k.last_used_at, u.at)
         from unnest($1::text[], $2::timestamptz[]) as u(id, at) where k.id = u.id`,
        [ids, times],
      );
    },

    async lastUses() {
      const rows = await database.query<{ id: string; last_used_at: Date }>(
        'select id, last_used_at from regate_keys where last_used_at is not null',
      );
      return new Map(rows.map(({ id, last_used_at: at }) => [id, at.toISOString()]));
    },
  };

  const revocations: RevocationStore & RevocationList = {
    has: (kind, id) => mirror.current()?.revoked.has(placeOf(kind, id)),
    isEmpty: () => mirror.current()?.revoked.size === 0,
    all: () => readRevocations(database.query),

    async add(revocation) {
      await database.change(async (query) => {
        await query(`delete from regate_revocations where (document->>'until')::timestamptz < $1`, [new Date(clock.now()).toISOString()]);
        await query(
          `insert into regate_revocations (kind, id, document) values ($1, $2, $3)
           on conflict (kind, id) do update set document = excluded.document`,
          [revocation.kind, revocation.id, JSON.stringify(revocation)],
        );
      });
      await mirror.refresh();
    },

    async lift(kind, id) {
      await database.change(async (query) => {
        const gone = await query('delete from regate_revocations where kind = $1 and id = $2 returning id', [kind, id]);
        if (gone.length === 0) throw new Breakage('admin.not-found', 'Nothing of this kind and id is revoked.');
      });
      await mirror.refresh();
    },
  };

  return {
    keys,
    revocations,
    start: () => mirror.refresh(),
    ageSeconds: () => mirror.ageSeconds(),
    async close() {
      mirror.close();
      await database.close();
    },
  };
}

async function readKeys(query: Database['query']): Promise<readonly StoredKey[]> {
  const rows = await query<{ document: unknown }>('select document from regate_keys order by id');
  return parseKeyDocument(JSON.stringify({ version: 1, keys: rows.map(({ document }) => document) })).keys;
}

async function readRevocations(query: Database['query']): Promise<readonly Revocation[]> {
  const rows = await query<{ document: unknown }>('select document from regate_revocations order by kind, id');
  return parseRevocations(formatRevocations(rows.map(({ document }) => document as Revocation)));
}

function checkWhole(keys: readonly StoredKey[]): void {
  try {
    formatKeyDocument(keys);
  } catch (cause) {
    throw cause instanceof Breakage ? new Breakage('admin.conflict', cause.message, { cause }) : cause;
  }
}

async function writeKeys(query: Database['query'], before: readonly StoredKey[], after: readonly StoredKey[]): Promise<void> {
  const known = new Set(before);
  for (const key of after) {
    if (known.has(key)) continue;
    await query('insert into regate_keys (id, document) values ($1, $2) on conflict (id) do update set document = excluded.document', [
      key.id,
      JSON.stringify(key),
    ]);
  }
}
