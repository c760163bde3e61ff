import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Breakage } from '../../gateway/errors.ts';
import { type DecisionLogNeeds, openDecisionLog } from '../../gateway/ledger/decision-log.ts';
import { verifyLog } from '../../gateway/ledger/verify-log.ts';
import { makeFrozenClock, makeLogKeeper, parseLines, until } from './log-harness.ts';
import { type MemoryDisk, makeMemoryDisk } from './memory-disk.ts';

async function setUp(more: Partial<DecisionLogNeeds> = {}) {
  const disk = makeMemoryDisk();
  const clock = makeFrozenClock();
  const logger = makeLogKeeper();
  const states: string[] = [];
  const log = await openDecisionLog({
    directory: '/d',
    maxSegmentBytes: 1e6,
    files: disk.files,
    clock,
    logger,
    onStateChange: ({ state }) => void states.push(state),
    run: 'a',
    lingerMs: 0,
    retryMs: 250,
    ...more,
  });
  return { disk, clock, logger, states, log };
}

const unavailable = (error: unknown) => error instanceof Breakage && error.code === 'record.unavailable';
const read = (disk: MemoryDisk, index: number) => parseLines(disk.read(disk.names()[index] ?? '').toString());
const told = (disk: MemoryDisk) => disk.names().map((_, index) => read(disk, index).map(({ n, kind }) => n ?? kind));

test('no append resolves before its sync has', async () => {
  const { disk, log } = await setUp();
  const syncs = disk.holdSyncs();
  const resolved: number[] = [];
  const first = log.append({ kind: 'decided', n: 1 }).then(() => resolved.push(1));
  await until(() => syncs.waiting() === 1);
  assert.ok(disk.read(disk.names()[0] ?? '').includes('"n":1'), 'written');
  const second = log.append({ kind: 'decided', n: 2 }).then(() => resolved.push(2));
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(resolved, [], 'and yet not acknowledged');
  assert.ok(!disk.read(disk.names()[0] ?? '').includes('"n":2'), 'the second is in the next group');
  syncs.release();
  await Promise.all([first, second]);
  assert.deepEqual(resolved, [1, 2]);
  await log.close();
});

test('all that wait together share one write and one sync', async () => {
  const { disk, log } = await setUp();
  disk.journal.length = 0;
  await Promise.all(Array.from({ length: 64 }, (_, n) => log.append({ kind: 'decided', n })));
  assert.deepEqual(disk.journal, ['write', 'datasync']);
  await log.close();
});

test('ends of deliveries travel with the next decision', async () => {
  const { disk, log } = await setUp({ lingerMs: 60_000 });
  disk.journal.length = 0;
  log.enqueue({ kind: 'delivered', n: 1 });
  await log.append({ kind: 'decided', n: 2 });
  assert.deepEqual(disk.journal, ['write', 'datasync']);
  assert.deepEqual(told(disk), [['segment', 1, 2]]);
  await log.close();
});

test('an end that finds no company is written by itself', async () => {
  const { disk, log } = await setUp({ lingerMs: 1 });
  log.enqueue({ kind: 'delivered', n: 1 });
  await until(() => told(disk)[0]?.length === 2);
  await log.close();
});

test('short writes are continued until all is written', async () => {
  const { disk, log } = await setUp();
  disk.shortWrite(7);
  await log.append({ kind: 'decided', n: 1 });
  await log.close();
  assert.deepEqual(told(disk), [['segment', 1, 'segment-end']]);
  assert.deepEqual((await verifyLog({ directory: '/d', files: disk.files })).problems, []);
});

test('a failed sync abandons the segment for good: no further sync or write on it, and a new one is begun', async () => {
  const { disk, clock, log } = await setUp();
  await log.append({ kind: 'decided', n: 1 });
  disk.fail('datasync', 'EIO');
  disk.journal.length = 0;
  await assert.rejects(log.append({ kind: 'decided', n: 2 }), unavailable);
  assert.deepEqual(disk.journal, ['write', 'datasync EIO']);
  disk.fail('datasync', undefined);
  clock.push(250);
  await log.append({ kind: 'decided', n: 3 });
  await log.close();
  assert.deepEqual(told(disk), [
    ['segment', 1, 2],
    ['segment', 3, 'segment-end'],
  ]);
  const header = read(disk, 1)[0] ?? assert.fail('no header');
  const [link] = header['previous'] as { seq: number; hash: string; abandoned: boolean }[];
  assert.deepEqual([link?.seq, link?.abandoned], [2, true], 'the header names the last line that was acknowledged');
  assert.equal(link?.hash, read(disk, 0)[1]?.['hash']);
  assert.deepEqual((await verifyLog({ directory: '/d', files: disk.files })).problems, []);
});

for (const [operation, code] of [
  ['write', 'ENOSPC'],
  ['write', 'EROFS'],
  ['datasync', 'EDQUOT'],
  ['create', 'EROFS'],
] as const) {
  test(`${operation} fails with ${code}: appends are refused at once, and taken again when the disk is back`, async () => {
    const { disk, clock, states, log } = await setUp({ maxSegmentBytes: 1 });
    await log.append({ kind: 'decided', n: 0 });
    disk.fail(operation, code);
    await assert.rejects(log.append({ kind: 'decided', n: 1 }), unavailable);
    disk.journal.length = 0;
    await assert.rejects(log.append({ kind: 'decided', n: 2 }), unavailable);
    assert.deepEqual(disk.journal, [], 'the disk is not even asked');
    assert.equal(log.health().healthy, false);
    clock.push(250);
    await assert.rejects(log.append({ kind: 'decided', n: 3 }), unavailable);
    assert.notEqual(disk.journal.length, 0, 'after a while it is asked again');
    const names = disk.names().length;
    for (let round = 0; round < 5; round += 1) {
      clock.push(250);
      await assert.rejects(log.append({ kind: 'decided', n: 4 }), unavailable);
    }
    assert.equal(disk.names().length, names, 'failed beginnings leave no files behind');
    disk.fail(operation, undefined);
    clock.push(250);
    await log.append({ kind: 'decided', n: 5 });
    assert.deepEqual(states, ['unavailable', 'open']);
    await log.close();
    assert.deepEqual((await verifyLog({ directory: '/d', files: disk.files })).problems, []);
  });
}

test('with no request coming, a timer notices that the disk is back', async () => {
  const { disk, log } = await setUp({ retryMs: 1 });
  disk.fail('write', 'ENOSPC');
  await assert.rejects(log.append({ kind: 'decided', n: 1 }), unavailable);
  disk.fail('write', undefined);
  await until(() => log.health().healthy);
  await log.close();
});

test('a log that cannot be opened is unavailable, and recovers', async () => {
  const disk = makeMemoryDisk();
  disk.fail('create', 'EROFS');
  const clock = makeFrozenClock();
  const needs = { directory: '/d', maxSegmentBytes: 1e6, files: disk.files, clock, logger: makeLogKeeper() };
  const log = await openDecisionLog(needs);
  assert.equal(log.health().state, 'unavailable');
  await assert.rejects(log.append({ kind: 'decided' }), unavailable);
  disk.fail('create', undefined);
  clock.push(250);
  await log.append({ kind: 'decided' });
  await log.close();
});

test('lines that nobody waits for outlive the failure', async () => {
  const { disk, clock, log } = await setUp();
  disk.fail('datasync', 'EIO');
  log.enqueue({ kind: 'delivered', n: 1 });
  await assert.rejects(log.append({ kind: 'decided', n: 2 }), unavailable);
  log.enqueue({ kind: 'delivered', n: 3 });
  disk.fail('datasync', undefined);
  clock.push(250);
  await log.append({ kind: 'decided', n: 4 });
  await log.close();
  assert.deepEqual(told(disk)[1], ['segment', 1, 3, 4, 'segment-end']);
  assert.equal(log.health().dropped, 0);
});

test('what does not fit in memory meanwhile is counted in the next header', async () => {
  const { disk, clock, log } = await setUp();
  disk.fail('datasync', 'EIO');
  await assert.rejects(log.append({ kind: 'decided' }), unavailable);
  const large = 'x'.repeat(1024 * 1024);
  for (let n = 0; n < 40; n += 1) log.enqueue({ kind: 'delivered', n, large });
  assert.ok(log.health().dropped > 0 && log.health().queued < 40);
  disk.fail('datasync', undefined);
  clock.push(250);
  await log.append({ kind: 'decided' });
  await log.close();
  const header = read(disk, 1)[0];
  assert.equal(header?.['dropped'], log.health().dropped);
});

test('a disk that never answers counts as failed: nobody waits for ever', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { disk, clock, log, states } = await setUp({ stallMs: 5000 });
  const syncs = disk.holdSyncs();
  const waiting = assert.rejects(log.append({ kind: 'decided', n: 1 }), unavailable);
  await until(() => syncs.waiting() === 1);
  t.mock.timers.tick(5000);
  await waiting;
  clock.push(60_000);
  await assert.rejects(log.append({ kind: 'decided', n: 2 }), unavailable);
  assert.equal(log.health().healthy, false);
  syncs.release();
  await until(() => log.health().healthy);
  await log.append({ kind: 'decided', n: 3 });
  assert.deepEqual(states, ['unavailable', 'open']);
  await log.close();
});

test('closing does not wait for ever for a disk that never answers', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { disk, log, logger } = await setUp({ stallMs: 5000 });
  const syncs = disk.holdSyncs();
  const waiting = assert.rejects(log.append({ kind: 'decided', n: 1 }), unavailable);
  await until(() => syncs.waiting() === 1);
  const closed = log.close();
  t.mock.timers.tick(5000);
  await Promise.all([waiting, closed]);
  assert.ok(logger.lines.some(({ message }) => message.includes('did not close in time')));
  syncs.release();
});
