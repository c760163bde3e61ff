import { type Refusal, refuse } from '../../errors.ts';
import type { Search } from '../../search/search.ts';
import type { LogQuery, StatisticsBy } from '../../vocabulary/search.ts';
import type { AdminDoor, Knock, Reply } from './door.ts';
import { readLogQuery } from './log-query.ts';

export interface LogDoorsNeeds {
  readonly search: Search;
  /** Every line of a record from now on, until the signal ends it. */
  readonly tail: (signal: AbortSignal) => AsyncIterable<string>;
}

const mostHits = 500;
const mostRecords = 100;
/** A stream that says nothing is taken for dead by proxies. */
const beatMs = 15_000;

/**
 * The doors of the record, read-only: search, one decision with all its attempts, statistics, a live tail. The policy sees what is looked for, and may limit it with
 * `principal`: then only what that principal had a part in is found.
 */
export function makeLogDoors({ search, tail }: LogDoorsNeeds): readonly AdminDoor[] {
  return [
    {
      method: 'GET',
      path: '/v1/log',
      ask: (knock) => ask('log.search', knock),
      async act({ query }, { limits }) {
        const wanted = readLogQuery(query);
        if ('kind' in wanted) return wanted;
        const narrowed = narrow(wanted.query, limits);
        if ('kind' in narrowed) return narrowed;
        const { limit = 50, cursor } = wanted;
        return json(
          await search.ask('search', {
            query: narrowed.query,
            limit: Math.min(limit, mostHits),
            ...(cursor === undefined ? {} : { cursor }),
          }),
        );
      },
    },
    {
      method: 'GET',
      path: '/v1/log/decisions/:id',
      ask: ({ path }) => ({ action: 'log.read', resource: { type: 'decision', id: path['id'] ?? '' } }),
      async act({ path }, { limits }) {
        const narrowed = narrow({ id: path['id'] ?? '' }, limits);
        if ('kind' in narrowed) return narrowed;
        const found = await search.ask('read', { query: narrowed.query, limit: mostRecords });
        if (found.length === 0) return refuse('admin.not-found');
        const records = found.map(({ record, delivered }) => ({
          record: parse(record),
          ...(delivered === undefined ? {} : { delivered: parse(delivered) }),
        }));
        return json({ records });
      },
    },
    {
      method: 'GET',
      path: '/v1/log/statistics',
      ask: (knock) => ask('log.statistics', knock),
      async act({ query }, { limits }) {
        const wanted = readLogQuery(query);
        if ('kind' in wanted) return wanted;
        const narrowed = narrow(wanted.query, limits);
        if ('kind' in narrowed) return narrowed;
        const by: StatisticsBy = wanted.by ?? 'day';
        return json({
          by,
          counts: await search.ask('count', { by, query: narrowed.query, limit: Math.min(wanted.limit ?? 100, mostHits) }),
        });
      },
    },
    {
      method: 'GET',
      path: '/v1/log/tail',
      ask: () => ({ action: 'log.tail' }),
      // A tail shows everything, so it cannot be narrowed.
      act: async (_knock, { limits }) => (Object.keys(limits).length > 0 ? refuse('policy.unknown-obligation') : writeTail(tail)),
    },
  ];
}

function ask(action: string, { query }: Knock): ReturnType<AdminDoor['ask']> {
  const wanted = readLogQuery(query);
  if ('kind' in wanted) return wanted;
  return { action, parameters: { ...wanted.query, ...(wanted.by === undefined ? {} : { by: wanted.by }) } };
}

function narrow(query: LogQuery, limits: Readonly<Record<string, unknown>>): { readonly query: LogQuery } | Refusal {
  const { principal, ...others } = limits;
  if (Object.keys(others).length > 0) return refuse('policy.unknown-obligation');
  if (principal === undefined) return { query };
  if (typeof principal !== 'string' || principal === '') return refuse('policy.malformed-answer');
  // Somebody else's day is nobody's business: nothing is found rather than refused, since what exists is itself something to know.
  if (query.principal !== undefined && query.principal !== principal) return { query: { ...query, principal: ' ' } };
  return { query: { ...query, principal } };
}

/** Server-sent events (WHATWG HTML section 9.2): `data:` is the record's line. A reader that does not keep up holds up the reading, nothing else. */
function writeTail(tail: LogDoorsNeeds['tail']): Reply {
  return {
    async write(res) {
      const ended = new AbortController();
      res.once('close', () => ended.abort());
      res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
      res.write(': the decision log, from now on\n\n');
      const beat = setInterval(() => res.write(': still here\n\n'), beatMs);
      try {
        for await (const line of tail(ended.signal)) {
          if (res.write(`event: record\ndata: ${line}\n\n`)) continue;
          await new Promise<void>((resolve) => {
            res.once('drain', resolve);
            res.once('close', resolve);
          });
        }
      } finally {
        clearInterval(beat);
        res.end();
      }
    },
  };
}

function json(value: object): Reply {
  return { status: 200, json: value };
}

function parse(line: string): unknown {
  return JSON.parse(line);
}
