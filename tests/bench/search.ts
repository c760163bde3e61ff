import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLogIndex } from '../../gateway/search/log-index.ts';
import type { LogQuery } from '../../gateway/vocabulary/search.ts';

export interface SearchResult {
  readonly sound: boolean;
  readonly records: number;
  readonly rows: number;
  readonly seconds_to_index: number;
  /** Question → the slowest of several, in milliseconds, each for another person. */
  readonly ms: Readonly<Record<string, number>>;
}

const people = 5000;
const dayMs = 86_400_000;
const days = 90;
const start = Date.parse('2026-01-01T00:00:00Z');

/** Fills an index with synthetic records, spread evenly over people and days, and asks it what auditors ask. */
export async function benchSearch({ entries = 1_000_000 }: { readonly entries?: number }): Promise<SearchResult> {
  const directory = mkdtempSync(join(tmpdir(), 'regate-bench-search-'));
  try {
    const index = openLogIndex(join(directory, 'search.db'));
    const began = performance.now();
    const batch = 20_000;
    let rows = 0;
    for (let from = 0; from < entries; from += batch) {
      index.transact(() => {
        index.mark('decisions-20260101T000000000Z-bench-0001.ndjson', from + batch, false);
        for (let number = from; number < Math.min(entries, from + batch); number++) rows += 1 + add(index, number, entries);
      });
    }
    const seconds = (performance.now() - began) / 1000;
    const ms: Record<string, number> = {};
    let sound = true;
    const measure = (name: string, query: (round: number) => LogQuery, expected?: (found: number) => boolean): void => {
      const times: number[] = [];
      for (let round = 0; round < 20; round++) {
        const from = performance.now();
        const { hits } = index.search(query(round), 100);
        times.push(performance.now() - from);
        sound &&= expected === undefined ? hits.length > 0 : expected(hits.length);
      }
      ms[name] = Math.round(Math.max(...times) * 100) / 100;
    };
    const day = (round: number) => ({ since: start + (round % days) * dayMs, until: start + ((round % days) + 1) * dayMs });
    measure(
      'person and day',
      (round) => ({ principal: person(round * 37), ...day(round) }),
      () => true,
    );
    measure('person', (round) => ({ principal: person(round * 37) }));
    measure('reason and day', (round) => ({ code: 'device.unmanaged', ...day(round) }));
    measure(
      'person, model and decision',
      (round) => ({ principal: person(round * 37), model: 'large', decision: 'deny' }),
      () => true,
    );
    const from = performance.now();
    index.count('code', { decision: 'deny', ...day(3) }, 50);
    ms['reasons of a day, counted'] = Math.round((performance.now() - from) * 100) / 100;
    index.close();
    return { sound, records: entries, rows, seconds_to_index: Math.round(seconds * 10) / 10, ms };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const person = (number: number): string => `okta:person-${number % people}`;

/** @returns how many facets it has */
function add(index: ReturnType<typeof openLogIndex>, number: number, entries: number): number {
  const at = start + Math.floor((number / entries) * days * dayMs);
  const denied = number % 10 === 0;
  const who = person(number * 7919);
  const model = number % 3 === 0 ? 'large' : 'small';
  const facets = [
    ['principal', who],
    ['token', `token-${number % 50_000}`],
    ['model', model],
    ['revision', `r${Math.floor(number / 100_000)}`],
    ['decision', denied ? 'deny' : 'allow'],
    ...(denied ? [['code', number % 20 === 0 ? 'device.unmanaged' : 'hours.closed'] as const] : [['backend', 'openai'] as const]),
  ] as const;
  index.add('decisions-20260101T000000000Z-bench-0001.ndjson', number, {
    ...{ at, administrative: false, decisionId: `d-${number}`, requestId: `r-${number}`, attempt: 1, decision: denied ? 'deny' : 'allow' },
    ...{ originator: who, caller: who, operation: 'chat', model, revision: `r${Math.floor(number / 100_000)}`, facets },
  });
  return facets.length;
}

export function renderSearch({ records, rows, seconds_to_index: seconds, ms }: SearchResult): string {
  const lines = Object.entries(ms).map(([name, time]) => `  ${name.padEnd(32)}${String(time).padStart(10)} ms`);
  return `search of ${records} records (${rows} rows of the index, built in ${seconds} s); the slowest of 20\n${lines.join('\n')}\n`;
}
