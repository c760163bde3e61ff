import assert from 'node:assert/strict';
import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatKeyDocument } from '../../gateway/registry/key-document.ts';
import type { AdministrativeRecord } from '../../gateway/vocabulary/record.ts';
import { storedKeys, virtualKeys } from '../story/callers.ts';
import { judgeRecords } from '../story/judge-records.ts';
import { send } from '../story/send.ts';
import { until } from '../story/until.ts';
import { openWorld, type World } from '../story/world.ts';

const administrative = (world: World): AdministrativeRecord[] =>
  world
    .readLog()
    .text.split('\n')
    .filter((line) => line.includes('"kind":"administrative"'))
    .map((line) => JSON.parse(line) as AdministrativeRecord);

test('the gateway puts its start, its configuration, changed keys and its end on record, in the chain of the decisions', async (t) => {
  const world = await openWorld();
  t.after(() => world.close());
  const [key = ''] = virtualKeys.values();
  const ask = () => send(world, { method: 'GET', path: '/v1/models', headers: { authorization: `Bearer ${key}` } });
  assert.equal((await ask()).status, 200);
  const path = join(world.directory, 'keys.json');
  writeFileSync(path, formatKeyDocument(storedKeys.slice(0, 1)));
  utimesSync(path, 1, 1);
  await until('record of the changed keys', async () => {
    await ask();
    return administrative(world).some(({ action }) => action === 'keys.change');
  });
  await world.gateway.stop();
  const records = administrative(world).filter(({ action }) => !action.startsWith('bundles.'));
  assert.deepEqual(
    records.map(({ action }) => action),
    ['configuration.load', 'gateway.start', 'keys.change', 'gateway.stop'],
  );
  const changed = records[2];
  assert.deepEqual([changed?.resource, changed?.parameters?.['keys']], [{ type: 'key-file', id: path }, 1]);
  assert.match(String(records[0]?.parameters?.['sha256']), /^[0-9a-f]{64}$/);
  judgeRecords(world.readLog().text, new Map());
});

test('equal prompts have equal fingerprints in one installation, and others in another', async (t) => {
  const body = JSON.stringify({ model: 'gpt-5-mini', messages: [{ role: 'user', content: 'the same' }] });
  const fingerprints: unknown[][] = [];
  for (let installation = 0; installation < 2; installation += 1) {
    const world = await openWorld();
    t.after(() => world.close());
    const [key = ''] = virtualKeys.values();
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    for (const text of [body, body, body.replace('same', 'same.')]) {
      await send(world, { method: 'POST', path: '/v1/chat/completions', headers, body: text });
    }
    fingerprints.push(world.readLog().entries.flatMap((entry) => (entry.kind === 'decided' ? [entry.request.fingerprint] : [])));
  }
  const [[first, second, third] = [], [elsewhere] = []] = fingerprints;
  assert.match(String(first), /^[0-9a-f]{32}$/);
  assert.equal(first, second);
  assert.notEqual(first, third);
  assert.notEqual(first, elsewhere);
});
