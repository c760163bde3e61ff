import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Breakage } from '../../gateway/errors.ts';
import { openDecisionLog } from '../../gateway/ledger/decision-log.ts';
import { verifyLog } from '../../gateway/ledger/verify-log.ts';
import { makeFrozenClock, makeLogKeeper, parseLines, until } from './log-harness.ts';
import { makeMemoryDisk } from './memory-disk.ts';

async function open(more: { reserveBytes?: number; bufferDecisions?: number; maxSegmentMs?: number; maxSegmentBytes?: number } = {}) {
  const disk = makeMemoryDisk();
  const [clock, logger] = [makeFrozenClock(), makeLogKeeper()];
  const states: boolean[] = [];
  const log = await openDecisionLog({
    ...{ directory: '/d', maxSegmentBytes: 1e6, files: disk.files, clock, logger, run: 'a', lingerMs: 0, retryMs: 1 },
    onStateChange: ({ healthy }) => void states.push(healthy),
    ...more,
  });
  const read = () => disk.names().flatMap((name) => parseLines(disk.read(name).toString()));
  return { disk, clock, logger, log, states, read };
}

const unavailable = (error: unknown): boolean => error instanceof Breakage && error.code === 'record.unavailable';
const turn = () => new Promise((resolve) => setImmediate(resolve));

test('below the reserve new decisions are refused, ends of what is under way are written, and with room again all goes on', async () => {
  const { disk, clock, logger, log, states, read } = await open({ reserveBytes: 1000 });
  await log.append({ kind: 'decided', n: 1 });
  disk.space.free = 999;
  clock.push(1000);
  log.health();
  await turn();
  await assert.rejects(log.append({ kind: 'decided', n: 2 }), unavailable);
  assert.deepEqual([log.health().healthy, log.health().low_space, log.health().state], [false, true, 'open']);
  log.enqueue({ kind: 'delivered', n: 1 });
  await until(() => read().some(({ kind }) => kind === 'delivered'));
  disk.space.free = 1000;
  clock.push(1000);
  log.health();
  await turn();
  await log.append({ kind: 'decided', n: 3 });
  await log.close();
  assert.deepEqual(
    read().map(({ kind, n }) => n ?? kind),
    ['segment', 1, 1, 3, 'segment-end'],
  );
  assert.deepEqual(states, [false, true, false]);
  assert.ok(logger.lines.some(({ level, message }) => level === 'error' && message.includes('nearly full')));
});

test('where it is configured, so many decisions go on while the disk fails: counted, said, and written when it is well', async () => {
  const { disk, logger, log, read } = await open({ bufferDecisions: 3 });
  await log.append({ kind: 'decided', n: 1 });
  disk.fail('write', 'ENOSPC');
  await log.append({ kind: 'decided', n: 2 });
  await log.append({ kind: 'decided', n: 3 });
  assert.equal(log.health().healthy, true, 'it takes decisions, so the gateway is ready');
  await log.append({ kind: 'decided', n: 4 });
  assert.deepEqual(log.health().buffered, { total: 3, waiting: 3 });
  await assert.rejects(log.append({ kind: 'decided', n: 5 }), unavailable, 'the bound holds');
  assert.equal(log.health().healthy, false);
  assert.ok(logger.lines.some(({ level, message }) => level === 'error' && message.includes('a crash would lose their records')));
  disk.fail('write', undefined);
  await until(() => log.health().buffered.waiting === 0);
  await log.append({ kind: 'decided', n: 6 });
  await log.close();
  const entries = read();
  assert.deepEqual(
    entries.filter(({ kind }) => kind === 'decided').map(({ n }) => n),
    [1, 2, 3, 4, 6],
  );
  assert.equal(entries.findLast(({ kind }) => kind === 'segment')?.['buffered'], 3, 'the next header says how many');
  assert.deepEqual((await verifyLog({ directory: '/d', files: disk.files })).problems, []);
});

test('a disk that hangs lets no more through than one that fails', async () => {
  const disk = makeMemoryDisk();
  const [clock, logger] = [makeFrozenClock(), makeLogKeeper()];
  const needs = { directory: '/d', maxSegmentBytes: 1e6, files: disk.files, clock, logger, stallMs: 20, retryMs: 1 };
  const log = await openDecisionLog({ ...needs, bufferDecisions: 2 });
  const syncs = disk.holdSyncs();
  const results = await Promise.allSettled([1, 2, 3].map((n) => log.append({ kind: 'decided', n })));
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'rejected'],
  );
  syncs.release();
  await until(() => log.health().state === 'open');
  await log.close();
  assert.deepEqual((await verifyLog({ directory: '/d', files: disk.files })).problems, []);
});

test('without it, nothing goes on', async () => {
  const { disk, log } = await open();
  disk.fail('write', 'ENOSPC');
  await assert.rejects(log.append({ kind: 'decided', n: 1 }), unavailable);
  assert.deepEqual(log.health().buffered, { total: 0, waiting: 0 });
  disk.fail('write', undefined);
  await log.close();
});

test('a segment is ended when it has lasted its time, by the clock that nobody can set', async () => {
  const { disk, clock, log } = await open({ maxSegmentMs: 3_600_000 });
  await log.append({ kind: 'decided', n: 1 });
  clock.push(3_599_999);
  await log.append({ kind: 'decided', n: 2 });
  assert.equal(disk.names().length, 1);
  clock.push(1);
  await log.append({ kind: 'decided', n: 3 });
  assert.equal(disk.names().length, 2);
  await log.close();
  assert.deepEqual((await verifyLog({ directory: '/d', files: disk.files })).problems, []);
});

test('a clock that is set back does not put a later segment before an earlier one', async () => {
  const disk = makeMemoryDisk();
  const logger = makeLogKeeper();
  let now = Date.UTC(2026, 5, 1);
  const clock = { now: () => now, monotonic: () => 0 };
  const needs = { directory: '/d', maxSegmentBytes: 500, files: disk.files, clock, logger };
  const first = await openDecisionLog({ ...needs, run: 'first' });
  for (let n = 0; n < 6; n += 1) {
    await first.append({ kind: 'decided', n, text: 'x'.repeat(200) });
    now -= 86_400_000;
  }
  await first.close();
  const second = await openDecisionLog({ ...needs, run: 'again' });
  await second.append({ kind: 'decided', n: 6 });
  await second.close();
  const numbers = disk
    .names()
    .flatMap((name) => parseLines(disk.read(name).toString()).flatMap(({ n }) => (typeof n === 'number' ? [n] : [])));
  assert.deepEqual(numbers, [0, 1, 2, 3, 4, 5, 6]);
  assert.ok(logger.lines.some(({ message }) => message.includes('the clock was set back')));
  assert.deepEqual((await verifyLog({ directory: '/d', files: disk.files })).problems, []);
});
