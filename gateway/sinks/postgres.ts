import { readFileSync } from 'node:fs';
import pg from 'pg';
import type { DecisionLogEntry } from '../vocabulary/record.ts';
import type { Secret } from '../vocabulary/secret.ts';
import type { DeliveryFailureKind, PostgresSink } from '../vocabulary/sinks.ts';
import { describeBreak } from './describe-break.ts';
import { DeliveryFailure, type Sender, type SinkLine } from './sender.ts';

export interface PostgresNeeds {
  readonly configuration: Pick<PostgresSink, 'table' | 'ca' | 'timeoutMs'>;
  /** `postgresql://user:password@host:port/database` as it stands now. */
  readonly url: () => Promise<Secret>;
}

/**
 * Makes the sender that inserts into a table of PostgreSQL, which it makes where it is missing. A line that is there already is left as it is, so that lines
 * that come twice stand there once. One connection a batch: a database that fails over is found anew each time.
 */
export function makePostgresSender({ configuration, url }: PostgresNeeds): Sender {
  const { table, ca, timeoutMs } = configuration;
  let made = false;

  async function connect(): Promise<pg.Client> {
    let connectionString: string;
    try {
      connectionString = (await url()).reveal();
    } catch (cause) {
      throw new DeliveryFailure('no-credential', 'the URL of the database is not available', { cause });
    }
    return new pg.Client({
      ...{
        connectionString: secureUrl(connectionString, ca !== undefined),
        connectionTimeoutMillis: timeoutMs,
        query_timeout: timeoutMs,
        application_name: 'regate',
      },
      ...(ca !== undefined && { ssl: { ca: readFileSync(ca, 'utf8'), rejectUnauthorized: true } }),
    });
  }

  async function insert(client: pg.Client, lines: readonly SinkLine[]): Promise<void> {
    if (!made) await client.query(tableOf(table));
    made = true;
    const rows = lines.flatMap((line) => (line.entry === undefined ? [] : [rowOf(line, line.entry)]));
    const columns = rows[0]?.map((_, column) => rows.map((row) => row[column] ?? null)) ?? [];
    if (columns.length > 0) await client.query(insertOf(table), columns);
  }

  return {
    reads: 'entries',
    async send(lines, signal) {
      const client = await connect();
      // Unheard, the error of a connection that breaks would end the process; the query that is under way rejects with it.
      client.on('error', () => undefined);
      const stop = (): void => void client.end().catch(() => undefined);
      signal.addEventListener('abort', stop, { once: true });
      try {
        await client.connect();
        await insert(client, lines);
      } catch (cause) {
        made = false;
        throw translate(cause);
      } finally {
        signal.removeEventListener('abort', stop);
        // It is confirmed, or it has failed: how the connection ends changes neither, and nobody waits for it.
        void client.end().catch(() => undefined);
      }
    },
    async close() {},
  };
}

/**
 * The URL with which a connection cannot be in the clear, unless it stays on this machine. What the URL says of TLS would override the roots.
 * @throws DeliveryFailure
 */
function secureUrl(text: string, hasRoots: boolean): string {
  const url = URL.parse(text);
  // Nothing of it may be told: it holds a password.
  if (url === null) throw new DeliveryFailure('misdirected', 'the URL of the database is none');
  if (hasRoots) {
    for (const name of ['ssl', 'sslmode', 'sslrootcert', 'uselibpqcompat']) url.searchParams.delete(name);
    return url.href;
  }
  const host = url.searchParams.get('host') ?? url.hostname;
  const local = host === '' || host.startsWith('/') || /^(localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$/.test(host);
  const mode = url.searchParams.get('sslmode');
  if (!local && !(mode === 'verify-full' && !url.searchParams.has('uselibpqcompat'))) {
    throw new DeliveryFailure('untrusted', 'the database is not on this machine: set ca, or sslmode=verify-full in its URL');
  }
  return text;
}

/**
 * The line is text, not jsonb: jsonb has other bytes, so its hash could not be checked, and it refuses the escape \u0000, which callers can send.
 */
function tableOf(table: string): string {
  return `create table if not exists ${table} (
  decision_id text not null,
  kind text not null,
  attempt integer not null,
  written_at timestamptz not null,
  request_id text,
  decision text,
  code text,
  originator text,
  segment text not null,
  line_number bigint not null,
  line text not null,
  primary key (decision_id, kind, attempt)
)`;
}

function insertOf(table: string): string {
  return `insert into ${table} (decision_id, kind, attempt, written_at, request_id, decision, code, originator, segment, line_number, line)
select * from unnest($1::text[], $2::text[], $3::integer[], $4::timestamptz[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::bigint[], $11::text[])
on conflict (decision_id, kind, attempt) do nothing`;
}

function rowOf({ segment, number, bytes }: SinkLine, entry: DecisionLogEntry): readonly (string | number | null)[] {
  return [
    // A summary is about no one decision: its place in the log names it.
    'decision_id' in entry ? entry.decision_id : `${segment}:${number}`,
    entry.kind,
    'attempt' in entry ? entry.attempt : 0,
    entry.timestamp,
    'request_id' in entry ? (entry.request_id ?? null) : null,
    'decision' in entry ? entry.decision : null,
    'code' in entry ? (entry.code ?? null) : null,
    'identity' in entry ? (entry.identity?.chain[0]?.id ?? null) : null,
    ...[segment, number, bytes.toString('utf8')],
  ];
}

/** Classes of SQLSTATE (PostgreSQL, appendix A). The server's own words may repeat a value and stay in the cause. */
const classes: Readonly<Record<string, readonly [DeliveryFailureKind, string]>> = {
  '08': ['broke-off', 'the connection to the database broke'],
  '22': ['rejected', 'the database does not take a value'],
  '23': ['rejected', 'the database does not take a row'],
  '28': ['unauthorized', 'the database does not accept the user or the password'],
  '3D': ['misdirected', 'there is no such database'],
  '42': ['misdirected', 'the table is another one than this sink makes, or the user may not use it'],
  '54': ['too-large', 'a value is larger than the database takes'],
  '57': ['failed', 'the database is starting or stopping'],
};

function translate(cause: unknown): DeliveryFailure {
  if (cause instanceof DeliveryFailure) return cause;
  const { code, message } = cause as { code?: string; message?: string };
  if (message !== undefined && /timeout/i.test(message))
    return new DeliveryFailure('timeout', 'the database did not answer in time', { cause });
  if (code !== undefined && /^[0-9A-Z]{5}$/.test(code)) {
    const [kind, told] = classes[code.slice(0, 2)] ?? ['failed', 'the database failed'];
    return new DeliveryFailure(kind, told, { cause });
  }
  return describeBreak(cause);
}
