import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDecisionLog } from '../../gateway/ledger/decision-log.ts';
import { makePace } from '../../gateway/ledger/pace.ts';
import { makeFrozenClock, makeLogKeeper, until } from './log-harness.ts';
import { makeMemoryDisk } from './memory-disk.ts';

test('one that waits alone holds nobody up', () => {
  const pace = makePace(5, makeFrozenClock());
  assert.equal(pace.leftMs(), 0);
  pace.begin(1);
  assert.equal(pace.leftMs(), 0);
});

test('after a group that several waited for, the next waits for the rest of the time, counted from its beginning', () => {
  const clock = makeFrozenClock();
  const pace = makePace(5, clock);
  pace.begin(2);
  clock.push(2);
  assert.equal(pace.leftMs(), 3);
  clock.push(4);
  assert.equal(pace.leftMs(), 0);
});

test('lines that come while a busy log keeps its pace share a write and a sync', async () => {
  const disk = makeMemoryDisk();
  const options = { directory: '/d', maxSegmentBytes: 1e6, files: disk.files, clock: makeFrozenClock(), logger: makeLogKeeper() };
  const log = await openDecisionLog({ ...options, paceMs: 25 });
  const before = disk.journal.length;
  const hold = disk.holdSyncs();
  const wave = (name: string) => [1, 2, 3].map((number) => log.append({ kind: 'decided', name, number }));
  const first = wave('first');
  await until(() => hold.waiting() === 1);
  const second = wave('second');
  hold.release();
  await Promise.all(first);
  const third = wave('third');
  await Promise.all([...second, ...third]);
  assert.deepEqual(disk.journal.slice(before), ['write', 'datasync', 'write', 'datasync']);
  await log.close();
});
