import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuse } from '../../../gateway/errors.ts';
import { makeUnknown, setUp, start } from './record-harness.ts';

const missing = makeUnknown(refuse('credential.missing'));
const unknownPath = makeUnknown(refuse('request.unknown-endpoint'));

test('a flood of unknown callers is a few lines and a count of the rest', async () => {
  const { recorder, enqueued, logged, push } = setUp();
  for (let n = 0; n < 10_000; n += 1) await recorder.decided(n % 4 === 0 ? unknownPath : missing, undefined);
  assert.equal(enqueued.length, 2, 'the ration of one second');
  assert.equal(logged.length, 2, 'the readable log is rationed as well');
  push(1000);
  await recorder.decided(missing, undefined);
  assert.equal(enqueued.length, 3, 'the next second has its own ration');
  await recorder.close();
  assert.deepEqual(enqueued[3], {
    schema: 'regate.decision/1',
    kind: 'refused-summary',
    timestamp: new Date(start + 1000).toISOString(),
    labels: { gateway: 'eu-1' },
    since: new Date(start).toISOString(),
    counts: { 'credential.missing': 7499, 'request.unknown-endpoint': 2499 },
  });
});

test('the count is written every ten seconds while the flood goes on', async () => {
  const { recorder, enqueued, push } = setUp({ anonymousPerSecond: 0 });
  for (let second = 0; second < 25; second += 1) {
    for (let n = 0; n < 10; n += 1) await recorder.decided(missing, undefined);
    push(1000);
  }
  assert.deepEqual(
    enqueued.map(({ counts }) => counts),
    [{ 'credential.missing': 100 }, { 'credential.missing': 100 }],
  );
  recorder.flushSummary();
  recorder.flushSummary();
  assert.deepEqual(enqueued[2]?.['counts'], { 'credential.missing': 50 });
  assert.equal(enqueued.length, 3, 'nothing counted, nothing written');
});

test('the count is written when nobody comes any more, too', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { recorder, enqueued } = setUp({ anonymousPerSecond: 0 });
  await recorder.decided(missing, undefined);
  assert.equal(enqueued.length, 0);
  t.mock.timers.tick(10_000);
  assert.deepEqual(enqueued[0]?.['counts'], { 'credential.missing': 1 });
});
