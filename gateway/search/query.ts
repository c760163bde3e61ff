import type { LogQuery, StatisticsBy } from '../vocabulary/search.ts';
import { type FacetKind, facetKinds } from './index-tables.ts';

export interface Built {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

/** Where a page ended: time and entry. */
export interface Cursor {
  readonly at: number;
  readonly entry: number;
}

type FindName = (text: string) => number | undefined;

const columns = `e.id, s.name as segment, e.line, e.at, e.administrative, e.decision_id, e.request_id, e.decision, e.outcome, e.status,
 e.input_tokens, e.output_tokens, ${['code', 'originator', 'caller', 'operation', 'action', 'model', 'backend', 'revision']
   .map((column) => `(select text from names where id = e.${column}) as ${column}`)
   .join(', ')}`;

export function writeCursor(at: number, entry: number): string {
  return `${at}.${entry}`;
}

/** @throws RangeError */
export function readCursor(text: string): Cursor {
  const [, at, entry] = /^(\d{1,15})\.(\d{1,15})$/.exec(text) ?? [];
  if (at === undefined || entry === undefined) throw new RangeError('not a cursor');
  return { at: Number(at), entry: Number(entry) };
}

/** @returns `undefined` where something is asked for that the log has never held */
export function buildSearch(query: LogQuery, findName: FindName, limit: number, cursor: Cursor | undefined): Built | undefined {
  const from = buildFrom(query, findName);
  if (from === undefined) return undefined;
  const { sql, values, time, id } = from;
  const page = cursor === undefined ? '' : ` and (${time}, ${id}) < (?, ?)`;
  return {
    sql: `select ${columns} ${sql}${page} order by ${time} desc, ${id} desc limit ?`,
    values: [...values, ...(cursor === undefined ? [] : [cursor.at, cursor.entry]), limit],
  };
}

const sums = `count(*) as count, sum(e.decision != 'allow') as denied, coalesce(sum(e.input_tokens), 0) as input_tokens,
 coalesce(sum(e.output_tokens), 0) as output_tokens`;

export function buildStatistics(by: StatisticsBy, query: LogQuery, findName: FindName, limit: number): Built | undefined {
  const from = buildFrom(query, findName);
  if (from === undefined) return undefined;
  const { sql, values } = from;
  if (by === 'day') {
    return {
      sql: `select date(e.at / 1000, 'unixepoch') as value, ${sums} ${sql} group by value order by value desc limit ?`,
      values: [...values, limit],
    };
  }
  return {
    sql: `select n.text as value, ${sums} ${sql.replace(' where ', ' join facets g on g.entry = e.id join names n on n.id = g.value where g.kind = ? and ')}
     group by g.value order by count desc, value limit ?`,
    values: [facetKinds[by], ...values, limit],
  };
}

interface From extends Built {
  /** Columns of time and entry, those of the table that is walked. */
  readonly time: string;
  readonly id: string;
}

/** Walks the facet that is likely to be the rarest, in the order of time, and checks the others entry by entry. */
function buildFrom(query: LogQuery, findName: FindName): From | undefined {
  const facets = facetsOf(query);
  const ids: (readonly [kind: number, value: number])[] = [];
  for (const [kind, text] of facets) {
    const value = findName(text);
    if (value === undefined) return undefined;
    ids.push([facetKinds[kind], value]);
  }
  const [first, ...others] = ids;
  const time = first === undefined ? 'e.at' : 'f.at';
  const id = first === undefined ? 'e.id' : 'f.entry';
  const conditions: string[] = [];
  const values: (string | number)[] = [];
  const demand = (sql: string, ...given: (string | number)[]): void => {
    conditions.push(sql);
    values.push(...given);
  };
  if (first !== undefined) demand('f.kind = ? and f.value = ?', ...first);
  if (query.since !== undefined) demand(`${time} >= ?`, query.since);
  if (query.until !== undefined) demand(`${time} < ?`, query.until);
  for (const other of others) {
    demand(`exists (select 1 from facets o where o.kind = ? and o.value = ? and o.at = ${time} and o.entry = ${id})`, ...other);
  }
  if (query.id !== undefined) demand('(e.decision_id = ? or e.request_id = ?)', query.id, query.id);
  if (query.action?.endsWith('.*')) {
    // The range of all texts that begin so; an index reads it without a pattern.
    const prefix = query.action.slice(0, -1);
    demand('e.action in (select id from names where text >= ? and text < ?)', prefix, `${prefix}\uffff`);
  }
  const tables = first === undefined ? 'entries e' : 'facets f join entries e on e.id = f.entry';
  return { sql: `from ${tables} join segments s on s.id = e.segment where ${['1', ...conditions].join(' and ')}`, values, time, id };
}

/** Rarest kinds first: a token is one login's, a model or a decision is half the log's. */
function facetsOf(query: LogQuery): readonly (readonly [FacetKind, string])[] {
  const { token, principal, action, code, revision, model, backend, decision } = query;
  const all: readonly (readonly [FacetKind, string | undefined])[] = [
    ['token', token],
    ['principal', principal],
    ['action', action?.endsWith('.*') ? undefined : action],
    ['code', code],
    ['revision', revision],
    ['model', model],
    ['backend', backend],
    ['decision', decision],
  ];
  return all.flatMap(([kind, value]) => (value === undefined ? [] : [[kind, value] as const]));
}
