import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Breakage } from '../../gateway/errors.ts';
import { openDecisionLog } from '../../gateway/ledger/decision-log.ts';
import type { FileSystemPort } from '../../gateway/ledger/file-system.ts';
import { verifyLog } from '../../gateway/ledger/verify-log.ts';
import { makeFrozenClock, makeLogKeeper, parseLines } from './log-harness.ts';

/** What every disk must give the decision log, and the decision log everyone. */
export function runContract(name: string, makeDisk: () => { files: FileSystemPort; directory: string }): void {
  const open = (disk: ReturnType<typeof makeDisk>, more: { run?: string; maxSegmentBytes?: number } = {}) =>
    openDecisionLog({ maxSegmentBytes: 1e6, run: 'a', ...disk, ...more, clock: makeFrozenClock(), logger: makeLogKeeper(), lingerMs: 0 });

  async function readAll({ files, directory }: ReturnType<typeof makeDisk>): Promise<Record<string, unknown>[]> {
    const names = [...(await files.list(directory))].sort();
    const texts = await Promise.all(names.map((file) => files.read(`${directory}/${file}`, 0, 1e7)));
    return texts.flatMap((text) => parseLines(text.toString()));
  }

  test(`${name}: what is appended is there, in order, chained and with the log's own lines around it`, async () => {
    const disk = makeDisk();
    const log = await open(disk);
    await Promise.all([log.append({ kind: 'decided', n: 1 }), log.append({ kind: 'decided', n: 2 })]);
    log.enqueue({ kind: 'delivered', n: 3 });
    await log.append({ kind: 'decided', n: 4 });
    await log.close();
    const lines = await readAll(disk);
    assert.deepEqual(
      lines.map(({ kind, n }) => n ?? kind),
      ['segment', 1, 2, 3, 4, 'segment-end'],
    );
    assert.deepEqual(
      lines.map(({ seq }) => seq),
      [1, 2, 3, 4, 5, 6],
    );
    for (const [index, { prev }] of lines.entries()) assert.equal(prev, index === 0 ? '0'.repeat(64) : lines[index - 1]?.['hash']);
    assert.deepEqual((await verifyLog(disk)).problems, []);
  });

  test(`${name}: a segment is ended when it is full, and the next one holds on to it`, async () => {
    const disk = makeDisk();
    const log = await open(disk, { maxSegmentBytes: 2000 });
    for (let n = 0; n < 20; n += 1) await log.append({ kind: 'decided', n, text: 'x'.repeat(200) });
    await log.close();
    const lines = await readAll(disk);
    const headers = lines.filter(({ kind }) => kind === 'segment');
    assert.ok(headers.length > 2);
    for (const [index, { previous }] of headers.entries()) {
      const expected = index === 0 ? [] : [{ segment: headers[index - 1]?.['segment'] }];
      assert.deepEqual(
        (previous as { segment: string }[]).map(({ segment }) => ({ segment })),
        expected,
      );
    }
    assert.equal(lines.filter(({ kind }) => kind === 'segment-end').length, headers.length);
    const result = await verifyLog(disk);
    assert.deepEqual([result.problems, result.notes, result.heads.length], [[], [], 1]);
  });

  test(`${name}: two logs in one directory never share a segment, and the next one holds on to both`, async () => {
    const disk = makeDisk();
    const [a, b] = [await open(disk, { run: 'a' }), await open(disk, { run: 'b' })];
    await Promise.all([a.append({ kind: 'decided', of: 'a' }), b.append({ kind: 'decided', of: 'b' })]);
    assert.equal((await disk.files.list(disk.directory)).length, 2);
    await Promise.all([a.close(), b.close()]);
    const c = await open(disk, { run: 'c' });
    await c.close();
    const last = (await readAll(disk)).findLast(({ kind }) => kind === 'segment') ?? assert.fail('no header');
    const linked = (last['previous'] as { segment: string }[]).map(({ segment }) => segment.split('-')[2]);
    assert.deepEqual(linked, ['a', 'b']);
    assert.deepEqual((await verifyLog(disk)).problems, []);
  });

  test(`${name}: an occupied name is not written to`, async () => {
    const disk = makeDisk();
    const first = await open(disk, { run: 'same' });
    const second = await open(disk, { run: 'same' });
    await assert.rejects(second.append({ kind: 'decided' }), (error) => error instanceof Breakage && error.code === 'record.unavailable');
    assert.equal(second.health().state, 'unavailable');
    await first.append({ kind: 'decided', n: 1 });
    await Promise.all([first.close(), second.close()]);
    assert.deepEqual((await verifyLog(disk)).problems, []);
  });

  test(`${name}: a closed log takes nothing, and says so`, async () => {
    const log = await open(makeDisk());
    await log.close();
    await log.close();
    await assert.rejects(log.append({ kind: 'decided' }), Breakage);
    log.enqueue({ kind: 'delivered' });
    assert.deepEqual([log.health().state, log.health().healthy, log.health().dropped], ['closed', false, 1]);
  });

  test(`${name}: what is no entry is refused without harm to the others`, async () => {
    const disk = makeDisk();
    const log = await open(disk);
    const cycle: Record<string, unknown> = { kind: 'decided' };
    cycle['self'] = cycle;
    for (const bad of [{}, { seq: 1, kind: 'x' }, { prev: 'x' }, { hash: 'x' }, [], cycle])
      await assert.rejects(log.append(bad), TypeError);
    await log.append({ kind: 'decided', text: 'a\nb\u2028c\u0085d\ud800' });
    await log.close();
    const text = (await disk.files.read(`${disk.directory}/${(await disk.files.list(disk.directory))[0]}`, 0, 1e6)).toString();
    assert.equal(text.split(/[\n\u2028\u2029\u0085]/).length, 4, 'header, entry, end, and nothing after the last newline');
    assert.equal(parseLines(text)[1]?.['text'], 'a\nb\u2028c\u0085d\ud800');
  });
}
