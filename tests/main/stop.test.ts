import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chat } from '../bad-input/chat.ts';
import { isDelivered } from '../story/read-log.ts';
import { until } from '../story/until.ts';
import { openWorld } from '../story/world.ts';

test('a stream that is cut at the deadline of a stop has its end on the record', async () => {
  const world = await openWorld({ change: ({ listen, ...rest }) => ({ ...rest, listen: { ...listen, drain_seconds: 0 } }) });
  world.posts.primary.fault = { kind: 'stall', frames: 3 };
  try {
    const streams = Array.from({ length: 8 }, () => chat(world, { stream: true }));
    await until('stream of each', () => world.seen.length === streams.length);
    await world.gateway.stop();
    const cut = await Promise.allSettled(streams);
    assert.ok(cut.every((each) => each.status === 'rejected' || each.value.broken));
    assert.deepEqual(
      world
        .readLog()
        .entries.filter(isDelivered)
        .map(({ outcome }) => outcome),
      streams.map(() => 'client-aborted'),
    );
  } finally {
    await world.close();
  }
});
