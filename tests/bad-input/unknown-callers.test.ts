import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDecided, isDelivered, readLog } from '../story/read-log.ts';
import { send } from '../story/send.ts';
import { until } from '../story/until.ts';
import { openWorld } from '../story/world.ts';
import { chat } from './chat.ts';

test('a flood of unknown callers gets a ration of lines and a count, and does not delay who is known', async () => {
  const world = await openWorld({
    change: (configuration) => ({ ...configuration, record: { directory: 'decisions', anonymous_per_second: 5 } }),
  });
  const flood = 60;
  try {
    const answers = await Promise.all(Array.from({ length: flood }, () => chat(world, {}, 'nobody')));
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [401]);
    assert.equal((await chat(world)).status, 200);
    const lines = () => world.readLog().entries.filter(isDecided);
    await until('ration', () => lines().length >= 6);
    assert.deepEqual(
      lines().map(({ code }) => code ?? 'allowed'),
      [...Array.from({ length: 5 }, () => 'credential.missing'), 'allowed'],
    );
    await world.gateway.stop();
    const summaries = readLog(`${world.directory}/decisions`).entries.filter((entry) => entry.kind === 'refused-summary');
    assert.deepEqual(
      summaries.map((entry) => 'counts' in entry && entry.counts),
      [{ 'credential.missing': flood - 5 }],
    );
    assert.equal(world.readLog().entries.filter(isDelivered).length, 1, 'unknown callers have no delivered line');
  } finally {
    await world.close();
  }
});

test('a head beyond the limit is answered with a status of its own, and recorded', async () => {
  const world = await openWorld();
  try {
    const answered = await send(world, { method: 'GET', path: '/v1/models', headers: { 'x-long': 'a'.repeat(40_000) } });
    assert.equal(answered.status, 431);
    const line = await until('line', () => world.readLog().entries.find(isDecided));
    assert.deepEqual([line.decision, line.code, line.identity], ['deny', 'request.malformed', undefined]);
    assert.equal((await chat(world)).status, 200, 'the gateway goes on');
  } finally {
    await world.close();
  }
});
