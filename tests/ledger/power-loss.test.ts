import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDecisionLog } from '../../gateway/ledger/decision-log.ts';
import { verifyLog } from '../../gateway/ledger/verify-log.ts';
import { makeFrozenClock, makeLogKeeper, parseLines, until } from './log-harness.ts';
import { makeMemoryDisk } from './memory-disk.ts';

for (const keep of [0, 1, 50, 300, 1000]) {
  test(`the power goes in the middle of a group, ${keep} unsynced bytes survive: every acknowledged line is there`, async () => {
    const disk = makeMemoryDisk();
    const needs = { directory: '/d', maxSegmentBytes: 3000, files: disk.files, logger: makeLogKeeper(), lingerMs: 0 };
    const log = await openDecisionLog({ ...needs, clock: makeFrozenClock(), run: 'a' });
    const acknowledged: number[] = [];
    for (let n = 0; n < 30; n += 1) {
      await Promise.all(
        [0, 1, 2].map(async (k) => {
          await log.append({ kind: 'decided', n: 3 * n + k });
          acknowledged.push(3 * n + k);
        }),
      );
    }
    const syncs = disk.holdSyncs();
    for (let n = 100; n < 105; n += 1) void log.append({ kind: 'decided', n }).catch(() => undefined);
    await until(() => syncs.waiting() === 1);
    disk.losePower(keep);

    const logger = makeLogKeeper();
    const files = disk.files;
    const again = await openDecisionLog({ ...needs, files, logger, clock: makeFrozenClock(Date.UTC(2026, 0, 3)), run: 'b' });
    await again.append({ kind: 'decided', n: 999 });
    await again.close();

    const texts = disk.names().map((name) => disk.read(name).toString());
    const whole = texts.flatMap((text) => parseLines(text.slice(0, text.lastIndexOf('\n') + 1)));
    const there = new Set(whole.map(({ n }) => n));
    for (const n of acknowledged) assert.ok(there.has(n), `line ${n} was acknowledged`);
    const result = await verifyLog({ directory: '/d', files });
    assert.deepEqual(result.problems, []);

    const torn = texts.find((text) => text !== '' && !text.endsWith('\n'));
    const last = whole.findLast(({ kind }) => kind === 'segment') ?? assert.fail('no header');
    const tornBytes = (last['previous'] as { torn_bytes?: number }[])
      .map(({ torn_bytes }) => torn_bytes)
      .find((bytes) => bytes !== undefined);
    assert.equal(tornBytes, torn === undefined ? undefined : torn.length - torn.lastIndexOf('\n') - 1, 'the torn end is on record');
    if (torn !== undefined) assert.ok(logger.lines.some(({ level }) => level === 'warn'));
  });
}

test('a torn end is left as it is', async () => {
  const disk = makeMemoryDisk();
  const needs = { directory: '/d', maxSegmentBytes: 1e6, files: disk.files, clock: makeFrozenClock(), logger: makeLogKeeper() };
  const log = await openDecisionLog({ ...needs, run: 'a' });
  await log.append({ kind: 'decided', n: 1 });
  const syncs = disk.holdSyncs();
  void log.append({ kind: 'decided', n: 2 }).catch(() => undefined);
  await until(() => syncs.waiting() === 1);
  disk.losePower(20);
  const [name] = disk.names();
  const before = Buffer.from(disk.read(name ?? ''));
  const again = await openDecisionLog({ ...needs, clock: makeFrozenClock(Date.UTC(2026, 0, 3)), run: 'b' });
  await again.close();
  assert.deepEqual(disk.read(name ?? ''), before);
});

test('the next run holds on to the last sound line, past complete ones that a crash left broken', async () => {
  const disk = makeMemoryDisk();
  const needs = { directory: '/d', maxSegmentBytes: 1e6, files: disk.files, logger: makeLogKeeper() };
  const log = await openDecisionLog({ ...needs, clock: makeFrozenClock(), run: 'a' });
  await log.append({ kind: 'decided', n: 1 });
  await log.append({ kind: 'decided', n: 2 });
  const [name = ''] = disk.names();
  disk.damage(name, (bytes) => Buffer.from(bytes.toString().replace('"n":2', '"n":3').concat('\0\0\0')));
  disk.losePower();
  const again = await openDecisionLog({ ...needs, clock: makeFrozenClock(Date.UTC(2026, 0, 3)), run: 'b' });
  await again.close();
  const header = parseLines(disk.read(disk.names()[1] ?? '').toString())[0] ?? assert.fail('no header');
  const lines = disk.read(name).toString().split('\n');
  const torn = `${lines[2]}\n${lines[3]}`.length;
  const sound = JSON.parse(lines[1] ?? '') as { hash: string };
  assert.deepEqual(header['previous'], [{ segment: name, seq: 2, hash: sound.hash, torn_bytes: torn }]);
  const [problem] = (await verifyLog({ directory: '/d', files: disk.files })).problems;
  assert.deepEqual(
    [problem?.segment, problem?.line, problem?.kind],
    [name, 3, 'altered'],
    'and the broken one is not passed over in silence',
  );
});
