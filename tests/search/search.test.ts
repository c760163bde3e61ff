import assert from 'node:assert/strict';
import { appendFileSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { localFileSystem as files } from '../../gateway/ledger/file-system.ts';
import { followLog } from '../../gateway/search/follow-log.ts';
import { type LogIndex, openLogIndex } from '../../gateway/search/log-index.ts';
import { readFound } from '../../gateway/search/read-found.ts';
import { tailLog } from '../../gateway/search/tail.ts';
import type { LogQuery } from '../../gateway/vocabulary/search.ts';
import { administrative, appendLog, describe, idOf, start, type Wanted, writeLog } from './records.ts';

const hour = 3_600_000;
const some: readonly Wanted[] = [
  { at: start + hour, person: 'okta:ada', model: 'large', revision: 'r1' },
  { at: start + 2 * hour, person: 'okta:ada', agent: 'okta:triage', model: 'small', revision: 'r1' },
  { at: start + 3 * hour, person: 'okta:carl', model: 'large', code: 'device.unmanaged', revision: 'r1' },
  { at: start + 25 * hour, person: 'okta:ada', model: 'large', code: 'hours.closed', revision: 'r2' },
];

const ids = (index: LogIndex, query: LogQuery) => index.search(query, 100).hits.map(({ decision_id }) => Number(decision_id.slice(-3)));

async function indexOf(directory: string, path = ':memory:'): Promise<LogIndex> {
  const index = openLogIndex(path);
  await followLog({ index, directory, files });
  return index;
}

const entriesOf = (wanted: readonly Wanted[], from = 0) => wanted.flatMap((each, place) => describe(from + place, each));

test('by person, agent, token, model, reason, revision, decision, time and id; the newest first', async (t) => {
  const index = await indexOf(await writeLog(t, entriesOf(some)));
  assert.deepEqual(ids(index, {}), [3, 2, 1, 0]);
  assert.deepEqual(ids(index, { principal: 'okta:ada' }), [3, 1, 0]);
  assert.deepEqual(ids(index, { principal: 'okta:triage' }), [1], 'a part in the chain is enough');
  assert.deepEqual(ids(index, { token: 'token-of-okta:carl' }), [2]);
  assert.deepEqual(ids(index, { model: 'large' }), [3, 2, 0]);
  assert.deepEqual(ids(index, { model: 'small-sent' }), [1]);
  assert.deepEqual(ids(index, { code: 'device.unmanaged' }), [2]);
  assert.deepEqual(ids(index, { code: 'policy.denied' }), [3, 2]);
  assert.deepEqual(ids(index, { revision: 'r2' }), [3]);
  assert.deepEqual(ids(index, { decision: 'allow', backend: 'openai' }), [1, 0]);
  assert.deepEqual(ids(index, { principal: 'okta:ada', since: start, until: start + 24 * hour }), [1, 0], "a person's day");
  assert.deepEqual(ids(index, { principal: 'okta:ada', model: 'large', decision: 'deny' }), [3]);
  assert.deepEqual(ids(index, { id: idOf(2) }), [2]);
  assert.deepEqual(ids(index, { id: idOf(500_000_001) }), [1], 'a request id');
  assert.deepEqual(ids(index, { principal: 'okta:nobody' }), []);
  const [hit] = index.search({ id: idOf(1) }, 1).hits;
  assert.equal(hit?.originator, 'okta:ada');
  assert.equal(hit?.caller, 'okta:triage');
  assert.deepEqual([hit?.status, hit?.outcome, hit?.input_tokens, hit?.output_tokens], [200, 'completed', 10, 5]);
});

test('administrative actions are found by name and by what they begin with', async (t) => {
  const directory = await writeLog(t, [
    administrative(1, start, 'keys.create', 'okta:olga'),
    administrative(2, start + 1, 'keys.revoke', 'okta:olga'),
    administrative(3, start + 2, 'keysmith.call', 'okta:olga'),
  ]);
  const index = await indexOf(directory);
  assert.deepEqual(ids(index, { action: 'keys.create' }), [1]);
  assert.deepEqual(ids(index, { action: 'keys.*' }), [2, 1]);
  assert.deepEqual(ids(index, { action: 'keys.*', principal: 'okta:olga', until: start + 1 }), [1]);
});

test('pages go on where they ended, whatever is written meanwhile', async (t) => {
  const directory = await writeLog(t, entriesOf(some));
  const index = await indexOf(directory);
  const first = index.search({}, 2);
  assert.equal(first.hits.length, 2);
  await appendLog(directory, entriesOf([{ at: start + 30 * hour, person: 'okta:eve', model: 'small', revision: 'r2' }], 10));
  await followLog({ index, directory, files });
  const second = index.search({}, 2, first.next);
  assert.deepEqual(
    second.hits.map(({ decision_id }) => decision_id),
    [idOf(1), idOf(0)],
  );
  assert.equal(second.next, undefined);
});

test('counts by everything that can be counted', async (t) => {
  const index = await indexOf(await writeLog(t, entriesOf(some)));
  const count = (by: Parameters<LogIndex['count']>[0], query: LogQuery = {}) =>
    Object.fromEntries(index.count(by, query, 50).map(({ value, count: n, denied, input_tokens }) => [value, [n, denied, input_tokens]]));
  assert.deepEqual(count('principal'), { 'okta:ada': [3, 1, 30], 'okta:triage': [1, 0, 10], 'okta:carl': [1, 1, 10] });
  assert.deepEqual(count('day'), { '2026-03-02': [3, 1, 30], '2026-03-03': [1, 1, 10] });
  assert.deepEqual(count('code', { decision: 'deny' }), {
    'policy.denied': [2, 2, 20],
    'device.unmanaged': [1, 1, 10],
    'hours.closed': [1, 1, 10],
  });
  assert.deepEqual(count('revision', { principal: 'okta:ada' }), { r1: [2, 0, 20], r2: [1, 1, 10] });
});

test('the records themselves come from the log, with their ends, also from compressed segments and later ones', async (t) => {
  const [decided, delivered] = describe(7, some[0] as Wanted);
  const directory = await writeLog(t, [decided]);
  await appendLog(directory, [delivered, ...entriesOf(some.slice(1), 20)]);
  const [name = ''] = readdirSync(directory)
    .filter((each) => each.startsWith('decisions-'))
    .sort();
  writeFileSync(join(directory, `${name}.gz`), gzipSync(readFileSync(join(directory, name))));
  rmSync(join(directory, name));
  const index = await indexOf(directory);
  const [found] = await readFound(files, directory, index.search({ id: idOf(7) }, 1).hits);
  assert.equal(JSON.parse(found?.record ?? '').decision_id, idOf(7));
  assert.equal(JSON.parse(found?.delivered ?? '').outcome, 'completed');
});

test('an index is only a copy: deleted, broken, of another version or of another file, it is built anew', async (t) => {
  const directory = await writeLog(t, entriesOf(some));
  const path = join(directory, 'search.db');
  (await indexOf(directory, path)).close();
  for (const spoil of [
    () => rmSync(path),
    () => writeFileSync(path, 'this is no database, and never was one, whatever its name may say'),
    () => writeFileSync(path, Buffer.concat([readFileSync(path).subarray(0, 4096), Buffer.alloc(20_000, 1)])),
  ]) {
    spoil();
    for (const ending of ['-wal', '-shm']) rmSync(path + ending, { force: true });
    const index = await indexOf(directory, path);
    assert.deepEqual(ids(index, {}), [3, 2, 1, 0]);
    index.close();
  }
});

test('what has been retired is forgotten, and a line that is none is passed over', async (t) => {
  const directory = await writeLog(t, entriesOf(some.slice(0, 2)));
  await appendLog(directory, entriesOf(some.slice(2), 2));
  const names = readdirSync(directory)
    .filter((name) => name.startsWith('decisions-'))
    .sort();
  appendFileSync(join(directory, names[1] ?? ''), 'not json\n{"schema":"another"}\n');
  const index = await indexOf(directory);
  assert.deepEqual(ids(index, {}), [3, 2, 1, 0]);
  renameSync(join(directory, names[0] ?? ''), join(directory, 'elsewhere'));
  await followLog({ index, directory, files });
  assert.deepEqual(ids(index, {}), [3, 2]);
  assert.deepEqual(ids(index, { principal: 'okta:triage' }), []);
});

test('two that follow one log into one index take every line once', async (t) => {
  const directory = await writeLog(
    t,
    entriesOf(Array.from({ length: 300 }, (_, place) => ({ ...(some[0] as Wanted), at: start + place }))),
  );
  const path = join(directory, 'search.db');
  const [one, other] = [openLogIndex(path), openLogIndex(path)];
  await Promise.all([followLog({ index: one, directory, files }), followLog({ index: other, directory, files })]);
  await appendLog(directory, entriesOf(some, 400));
  await Promise.all([followLog({ index: one, directory, files }), followLog({ index: other, directory, files })]);
  assert.equal(one.size(), 304);
  assert.equal(other.size(), 304);
});

test('the tail gives what is written from now on, whole lines only, and ends when it is told', async (t) => {
  const directory = await writeLog(t, entriesOf(some.slice(0, 1)));
  const ended = new AbortController();
  const later = entriesOf(some.slice(1, 3), 50);
  let turns = 0;
  const seen: string[] = [];
  const wait = async () => {
    turns += 1;
    if (turns === 1) await appendLog(directory, later);
    if (turns === 3) ended.abort();
  };
  for await (const line of tailLog({ directory, files, signal: ended.signal, wait })) seen.push(JSON.parse(line).decision_id);
  assert.deepEqual(seen, [idOf(50), idOf(50), idOf(51), idOf(51)]);
});

test('for any log and any question the index gives what a look at every record would', async (t) => {
  const person = fc.constantFrom('okta:ada', 'okta:carl', 'okta:eve');
  const arbitrary = fc.record(
    {
      at: fc.integer({ min: start, max: start + 1000 }),
      person,
      agent: fc.constantFrom('okta:triage', 'okta:runner'),
      model: fc.constantFrom('large', 'small'),
      code: fc.constantFrom('a.b', 'c.d'),
      revision: fc.constantFrom('r1', 'r2'),
    },
    { requiredKeys: ['at', 'person', 'model', 'revision'] },
  );
  const query = fc.record(
    {
      principal: fc.constantFrom('okta:ada', 'okta:carl', 'okta:triage', 'okta:unknown'),
      model: fc.constantFrom('large', 'small-sent'),
      code: fc.constantFrom('a.b', 'policy.denied'),
      revision: fc.constantFrom('r1', 'r2'),
      decision: fc.constantFrom('allow' as const, 'deny' as const),
      since: fc.integer({ min: start, max: start + 1000 }),
      until: fc.integer({ min: start, max: start + 1000 }),
    },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(arbitrary, { maxLength: 12 }), fc.array(query, { minLength: 1, maxLength: 6 }), async (wanted, queries) => {
      const directory = await writeLog(t, entriesOf(wanted as Wanted[]));
      const index = await indexOf(directory);
      for (const each of queries) assert.deepEqual(ids(index, each).sort(), bruteForce(wanted as Wanted[], each as LogQuery));
      index.close();
    }),
    { numRuns: 40 },
  );
});

function bruteForce(wanted: readonly Wanted[], query: LogQuery): number[] {
  return wanted
    .map((each, number) => ({ each, number }))
    .filter(({ each: { at, person, agent, model, code, revision } }) => {
      if (query.principal !== undefined && query.principal !== person && query.principal !== agent) return false;
      if (query.model !== undefined && query.model !== model && query.model !== `${model}-sent`) return false;
      if (query.code !== undefined && query.code !== code && !(query.code === 'policy.denied' && code !== undefined)) return false;
      if (query.revision !== undefined && query.revision !== revision) return false;
      if (query.decision !== undefined && query.decision !== (code === undefined ? 'allow' : 'deny')) return false;
      return (query.since === undefined || at >= query.since) && (query.until === undefined || at < query.until);
    })
    .map(({ number }) => number)
    .sort();
}
