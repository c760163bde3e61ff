import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Breakage } from '../../../gateway/errors.ts';
import { makeRecord } from '../../../gateway/pipeline/record/record.ts';
import type { PinnedPolicy } from '../../../gateway/vocabulary/decision.ts';
import { makeFrozenClock, makeLogKeeper } from '../../ledger/log-harness.ts';
import { delivery, makeAllowed } from './record-harness.ts';

function makePolicy(drop: unknown): PinnedPolicy {
  return {
    stamp: { bundle: 'b', revision: 'r', digest: 'd' },
    has: (entrypoint) => entrypoint !== 'system/log/drop' || drop !== undefined,
    evaluate(entrypoint) {
      if (entrypoint !== 'system/log/drop') return [];
      if (drop === 'fails') throw new Breakage('policy.error', 'as the test wants it');
      return drop === 'undefined' ? undefined : drop;
    },
  };
}

async function write(drop: unknown) {
  const lines: Record<string, unknown>[] = [];
  const keep = (entry: object) => void lines.push(entry as Record<string, unknown>);
  const logger = makeLogKeeper();
  const log = { append: async (entry: object) => keep(entry), enqueue: keep };
  const record = makeRecord({ log, clock: makeFrozenClock(), labels: {}, catalogueDigest: 'c', anonymousPerSecond: 1, logger });
  const story = makeAllowed();
  assert.equal(await record.decided(story, makePolicy(drop)), undefined);
  await record.delivered(story, delivery, 1);
  return { lines, logger };
}

test('a record that the policy drops stands in the log in full, both halves marked for the sinks', async () => {
  const { lines } = await write(true);
  assert.deepEqual(
    lines.map(({ kind, sinks }) => [kind, sinks]),
    [
      ['decided', 'drop'],
      ['delivered', 'drop'],
    ],
  );
  assert.ok(lines[0]?.['input'] !== undefined);
});

for (const drop of [undefined, false, 'undefined', 'true', 1, 'fails']) {
  test(`it goes to the sinks where drop is ${JSON.stringify(drop)}`, async () => {
    const { lines, logger } = await write(drop);
    assert.deepEqual(
      lines.map(({ sinks }) => sinks),
      [undefined, undefined],
    );
    assert.equal(
      logger.lines.some(({ level }) => level === 'error'),
      drop === 'fails',
    );
  });
}
