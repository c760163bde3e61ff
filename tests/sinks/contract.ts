import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { compressSegment } from '../../gateway/ledger/compress.ts';
import { localFileSystem as files } from '../../gateway/ledger/file-system.ts';
import { pickSegments } from '../../gateway/ledger/segment-names.ts';
import type { Sender } from '../../gateway/sinks/sender.ts';
import { makeSink, type Sink } from '../../gateway/sinks/sink.ts';
import { makeLogKeeper } from '../ledger/log-harness.ts';
import type { TestReceiver } from './http-receiver.ts';
import { makeTestLog, start, type TestLog } from './log.ts';

export interface Kind {
  readonly name: string;
  /** Starts a receiver and says how to make a sender to it; what it is told takes at most so long. */
  start(t: TestContext): Promise<Started>;
  /** Whether the receiver gets every line, or decisions only. */
  readonly carries: 'every line' | 'decisions';
  readonly skip?: string | undefined;
}

export interface Started {
  readonly receiver: TestReceiver;
  makeSender(): Sender;
  /** Ids of the decisions that have arrived (`decided` lines), in order, twice where they came twice. */
  arrived(): readonly string[] | Promise<readonly string[]>;
}

export const timeoutMs = 250;

/** Resolves when the condition holds. */
export async function eventually(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let turn = 0; turn < 2000; turn += 1) {
    if (await holds()) return;
    await setTimeout(5);
  }
  throw new Error(`it did not come true: ${what}`);
}

interface Opened {
  readonly sink: Sink;
  readonly waits: number[];
  readonly logger: ReturnType<typeof makeLogKeeper>;
}

export interface OpenNeeds {
  readonly maxLagBytes?: number;
  readonly batchLines?: number;
}

export async function openSink(t: TestContext, log: TestLog, sender: Sender, more: OpenNeeds = {}): Promise<Opened> {
  const waits: number[] = [];
  const logger = makeLogKeeper();
  const cursors = join(log.directory, 'sinks');
  await files.makeDirectory(cursors);
  const { maxLagBytes = 1e9, batchLines = 10 } = more;
  const sink = await makeSink({
    ...{ sender, directory: log.directory, files, logger, cursorPath: join(cursors, 'test.json'), random: () => 0.5 },
    configuration: { name: 'test', type: 'webhook', maxLagBytes, batchLines, batchBytes: 1024 * 1024 },
    clock: { now: () => start + 3_600_000, monotonic: () => 0 },
    wait: (ms, signal) => {
      waits.push(ms);
      return setTimeout(2, undefined, { signal });
    },
  });
  t.after(() => sink.close(0));
  return { sink, waits, logger };
}

const sorted = (ids: Iterable<string>): readonly string[] => [...new Set(ids)].sort();

/** What holds for every sink, whatever its receiver speaks. */
export function testSinkContract(kind: Kind): void {
  describe(`${kind.name}: as every sink`, { skip: kind.skip ?? false }, () => {
    test('lines arrive in order, across segments, compressed ones and those still being written', async (t) => {
      const log = await makeTestLog(t, 8 * 1024);
      const ids = [...(await log.decide(40))];
      await log.reopen();
      const names = pickSegments(await files.list(log.directory));
      assert.ok(names.length > 3, 'there are several segments');
      await compressSegment(files, join(log.directory, names[0] ?? ''), 'zstd');
      await compressSegment(files, join(log.directory, names[1] ?? ''), 'gzip');
      const { makeSender, arrived } = await kind.start(t);
      const { sink } = await openSink(t, log, makeSender());
      ids.push(...(await log.decide(5)));
      await eventually(async () => (await arrived()).length >= ids.length, 'all have arrived');
      assert.deepEqual(await arrived(), ids);
      await eventually(() => sink.status().lag_bytes === 0, 'it is not behind');
      await log.close();
    });

    test('a receiver that fails gets them again, in order, and is asked ever less often', async (t) => {
      const log = await makeTestLog(t);
      const { receiver, makeSender, arrived } = await kind.start(t);
      receiver.behave('fail', 4);
      const ids = await log.decide(15);
      const { sink, waits, logger } = await openSink(t, log, makeSender());
      await eventually(async () => (await arrived()).length >= ids.length, 'all have arrived');
      assert.deepEqual(await arrived(), ids);
      const retries = waits.filter((ms) => ms !== 500);
      assert.deepEqual(retries.slice(0, 4), [375, 750, 1500, 3000], 'doubled, with chance in it');
      const { failures, failing, given_up_lines } = sink.status();
      assert.equal(
        Object.values(failures).reduce((sum, count) => sum + count, 0),
        4,
      );
      assert.equal(failing, undefined);
      assert.equal(given_up_lines, 0);
      assert.equal(logger.lines.filter(({ level }) => level === 'error').length, 1, 'it is said once');
      assert.ok(logger.lines.some(({ message }) => message.includes('delivers again')));
      await log.close();
    });

    test('a receiver that does not answer is given up on in time, and gets them again', async (t) => {
      const log = await makeTestLog(t);
      const { receiver, makeSender, arrived } = await kind.start(t);
      receiver.behave('silent', 1);
      const ids = await log.decide(5);
      const { sink } = await openSink(t, log, makeSender());
      await eventually(async () => sorted(await arrived()).length >= ids.length, 'all have arrived');
      assert.deepEqual(sorted(await arrived()), ids);
      assert.equal(sink.status().failures.timeout, 1);
      await log.close();
    });

    test('what the receiver took before the connection broke is sent again: at least once', async (t) => {
      const log = await makeTestLog(t);
      const { receiver, makeSender, arrived } = await kind.start(t);
      receiver.behave('drop', 1);
      const ids = await log.decide(5);
      const { sink } = await openSink(t, log, makeSender());
      await eventually(() => sink.status().delivered_lines === 10, 'all are confirmed');
      assert.deepEqual(sorted(await arrived()), ids);
      assert.equal(
        Object.values(sink.status().failures).reduce((sum, count) => sum + count, 0),
        1,
      );
      await log.close();
    });

    test('while the receiver is away nothing is lost, and the lag is told', async (t) => {
      const log = await makeTestLog(t);
      const { receiver, makeSender, arrived } = await kind.start(t);
      await receiver.halt();
      const { sink } = await openSink(t, log, makeSender());
      const ids = await log.decide(20);
      await eventually(() => sink.status().failing !== undefined, 'it is missed');
      await sink.measure();
      assert.ok(sink.status().lag_bytes > 1000);
      assert.ok(sink.status().lag_seconds > 3500);
      await receiver.resume();
      await eventually(async () => (await arrived()).length >= ids.length, 'all have arrived');
      assert.deepEqual(sorted(await arrived()), ids);
      await eventually(() => sink.status().lag_bytes === 0 && sink.status().lag_seconds === 0, 'it has caught up');
      await log.close();
    });

    test('a sink that starts again goes on where it was', async (t) => {
      const log = await makeTestLog(t, 8 * 1024);
      const { receiver, makeSender, arrived } = await kind.start(t);
      const ids = [...(await log.decide(12))];
      const first = await openSink(t, log, makeSender());
      await eventually(() => first.sink.status().delivered_lines === 24, 'the first have arrived');
      await first.sink.close(1000);
      ids.push(...(await log.decide(12)));
      await log.reopen();
      ids.push(...(await log.decide(3)));
      await receiver.halt();
      const second = await openSink(t, log, makeSender());
      await eventually(() => second.sink.status().failing !== undefined, 'it is away');
      await second.sink.close(100);
      await receiver.resume();
      const third = await openSink(t, log, makeSender());
      await eventually(async () => (await arrived()).length >= ids.length, 'all have arrived');
      await third.sink.close(1000);
      assert.deepEqual(await arrived(), ids, 'none twice, none left out');
      await log.close();
    });

    test('beyond the bound the oldest lines are given up, counted and told, and the newest arrive', async (t) => {
      const log = await makeTestLog(t, 8 * 1024);
      const { receiver, makeSender, arrived } = await kind.start(t);
      await receiver.halt();
      const { sink, logger } = await openSink(t, log, makeSender(), { maxLagBytes: 16 * 1024 });
      const ids = await log.decide(60);
      await eventually(() => sink.status().given_up_lines > 0, 'lines are given up');
      await receiver.resume();
      const newest = ids.at(-1) ?? '';
      await eventually(async () => (await arrived()).includes(newest), 'the newest has arrived');
      await eventually(() => sink.status().lag_bytes === 0, 'it has caught up');
      const { given_up_lines, delivered_lines } = sink.status();
      assert.equal(given_up_lines + delivered_lines, 120, 'every line is accounted for');
      const got = await arrived();
      assert.deepEqual(got, ids.slice(ids.length - got.length), 'no gap among those that arrived');
      assert.ok(logger.lines.some(({ level, message }) => level === 'error' && message.includes('given up')));
      await log.close();
    });

    test('what the policy keeps from sinks does not arrive', async (t) => {
      const log = await makeTestLog(t);
      const { makeSender, arrived } = await kind.start(t);
      const [before] = await log.decide(1);
      await log.decide(3, { sinks: 'drop' });
      const [after] = await log.decide(1, { input: { text: '"sinks":"drop"' } });
      const { sink } = await openSink(t, log, makeSender());
      await eventually(async () => (await arrived()).length >= 2, 'the others have arrived');
      assert.deepEqual(await arrived(), [before, after]);
      await eventually(() => sink.status().lag_bytes === 0, 'it is not behind');
      assert.equal(sink.status().withheld_lines, 6);
      await log.close();
    });
  });
}

/** The lines of a log's segment that is not compressed. */
export function readSegmentLines(directory: string, name: string): readonly string[] {
  return readFileSync(join(directory, name), 'utf8').trimEnd().split('\n');
}
