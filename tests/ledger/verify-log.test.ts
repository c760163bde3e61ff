import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openDecisionLog } from '../../gateway/ledger/decision-log.ts';
import { verifyLog } from '../../gateway/ledger/verify-log.ts';
import { makeDirectory, makeFrozenClock, makeLogKeeper } from './log-harness.ts';
import { verifyFromDocs } from './second-verifier.ts';

/* Tampering is done as a tamperer does it: by editing files. Nothing of the log's own code is used for it. */

/** Three runs, ten entries each; lines 1 to 12 of each segment. */
async function writeLog(t: TestContext): Promise<{ directory: string; names: string[] }> {
  const directory = makeDirectory(t);
  for (const [index, run] of ['a', 'b', 'c'].entries()) {
    const clock = makeFrozenClock(Date.UTC(2026, 0, 1 + index));
    const log = await openDecisionLog({ directory, maxSegmentBytes: 1e6, clock, logger: makeLogKeeper(), run });
    for (let n = 1; n <= 10; n += 1) await log.append({ kind: 'decided', run, n });
    await log.close();
  }
  return { directory, names: readdirSync(directory).sort() };
}

function edit(path: string, change: (lines: string[]) => string[]): void {
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  writeFileSync(
    path,
    change(lines)
      .map((line) => `${line}\n`)
      .join(''),
  );
}

/** Makes a line's hash anew, as a tamperer who knows the format does. */
function rehash(line: string): string {
  const body = line.slice(0, -75);
  return `${body},"hash":"${createHash('sha256').update(body).digest('hex')}"}`;
}

const at = (lines: string[], index: number): string => lines[index] ?? assert.fail('no such line');

test('an untouched log holds, and names one head', async (t) => {
  const { directory } = await writeLog(t);
  const result = await verifyLog({ directory });
  assert.deepEqual([result.segments, result.lines, result.problems, result.notes, result.heads.length], [3, 36, [], [], 1]);
  assert.deepEqual(verifyFromDocs(directory), []);
});

const cases: { name: string; change: (lines: string[]) => string[]; kind: string; line: number }[] = [
  { name: 'one byte altered', change: (l) => l.with(4, at(l, 4).replace('"n":4', '"n":5')), kind: 'altered', line: 5 },
  {
    name: 'altered, and its hash made anew',
    change: (l) => l.with(4, rehash(at(l, 4).replace('"n":4', '"n":5'))),
    kind: 'altered',
    line: 5,
  },
  {
    name: 'renumbered, and its hash made anew',
    change: (l) => l.with(4, rehash(at(l, 4).replace('"seq":5', '"seq":7'))),
    kind: 'altered',
    line: 5,
  },
  { name: 'a stated hash altered', change: (l) => l.with(4, at(l, 4).replace(/.{4}"\}$/, '0000"}')), kind: 'altered', line: 5 },
  { name: 'overwritten with something else', change: (l) => l.with(4, 'nothing to see'), kind: 'altered', line: 5 },
  { name: 'one line removed', change: (l) => l.toSpliced(4, 1), kind: 'missing', line: 5 },
  { name: 'three lines removed', change: (l) => l.toSpliced(4, 3), kind: 'missing', line: 5 },
  { name: 'the header removed', change: (l) => l.slice(1), kind: 'missing', line: 1 },
  { name: 'two lines swapped', change: (l) => l.with(4, at(l, 5)).with(5, at(l, 4)), kind: 'reordered', line: 5 },
  { name: 'a line moved to the end', change: (l) => [...l.toSpliced(4, 1), at(l, 4)], kind: 'reordered', line: 5 },
  { name: 'a copy put in', change: (l) => l.toSpliced(7, 0, at(l, 4)), kind: 'inserted', line: 8 },
  { name: 'garbage put in', change: (l) => l.toSpliced(7, 0, 'garbage'), kind: 'inserted', line: 8 },
  { name: 'an empty line put in', change: (l) => l.toSpliced(7, 0, ''), kind: 'inserted', line: 8 },
  {
    name: 'a forged line put in, with the right number and hash',
    change: (l) => l.toSpliced(7, 0, rehash(at(l, 7).replace('"n":7', '"n":70'))),
    kind: 'inserted',
    line: 8,
  },
  { name: 'a line after the closing one', change: (l) => [...l, at(l, 5)], kind: 'inserted', line: 13 },
  { name: 'the end cut off', change: (l) => l.slice(0, 9), kind: 'missing', line: 10 },
  { name: 'all cut off', change: () => [], kind: 'missing', line: 1 },
  {
    name: 'the header names another file',
    change: (l) => l.with(0, rehash(at(l, 0).replace('-b-0001', '-x-0001'))),
    kind: 'altered',
    line: 1,
  },
];

for (const { name, change, kind, line } of cases) {
  test(`tampering is found: ${name}`, async (t) => {
    const { directory, names } = await writeLog(t);
    edit(join(directory, names[1] ?? ''), change);
    const [first] = (await verifyLog({ directory })).problems;
    assert.deepEqual({ segment: first?.segment, kind: first?.kind, line: first?.line }, { segment: names[1], kind, line });
    assert.notDeepEqual(verifyFromDocs(directory), [], 'the second verifier finds it, too');
  });
}

test('tampering is found: a whole segment made anew', async (t) => {
  const { directory, names } = await writeLog(t);
  edit(join(directory, names[1] ?? ''), (lines) => {
    let prev = '0'.repeat(64);
    return lines.map((line) => {
      const made = rehash(line.replace('"n":4', '"n":5').replace(/"prev":"[0-9a-f]{64}"/, `"prev":"${prev}"`));
      prev = made.slice(-66, -2);
      return made;
    });
  });
  const [first] = (await verifyLog({ directory })).problems;
  assert.deepEqual([first?.segment, first?.kind, first?.line], [names[1], 'altered', 12], 'the next header saw another last line');
});

for (const which of [0, 1]) {
  test(`tampering is found: segment ${which + 1} removed`, async (t) => {
    const { directory, names } = await writeLog(t);
    rmSync(join(directory, names[which] ?? ''));
    const [first] = (await verifyLog({ directory })).problems;
    assert.deepEqual([first?.segment, first?.kind, first?.line], [names[which], 'missing', undefined]);
  });
}

test('tampering is found: a segment renamed', async (t) => {
  const { directory, names } = await writeLog(t);
  renameSync(join(directory, names[1] ?? ''), join(directory, (names[1] ?? '').replace('-b-', '-z-')));
  const problems = (await verifyLog({ directory })).problems.map(({ kind, line }) => [kind, line]);
  assert.deepEqual(problems, [
    ['missing', undefined],
    ['altered', 1],
  ]);
});

test('tampering is found: bytes after the closing line', async (t) => {
  const { directory, names } = await writeLog(t);
  const path = join(directory, names[2] ?? '');
  writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.from('{"seq":13')]));
  const [first] = (await verifyLog({ directory })).problems;
  assert.deepEqual([first?.segment, first?.kind, first?.line], [names[2], 'inserted', 13]);
});

test('the end of the newest segment can be cut off unseen, but not from one who kept its head', async (t) => {
  const { directory, names } = await writeLog(t);
  const [head] = (await verifyLog({ directory })).heads;
  assert.deepEqual((await verifyLog({ directory, head: head?.hash ?? '' })).problems, []);
  edit(join(directory, names[2] ?? ''), (lines) => lines.slice(0, 9));
  const unaware = await verifyLog({ directory });
  assert.deepEqual(unaware.problems, []);
  assert.match(unaware.notes[0]?.message ?? '', /no closing line/);
  const [first] = (await verifyLog({ directory, head: head?.hash ?? '' })).problems;
  assert.equal(first?.kind, 'missing');
});

test('segments in an archive are not asked for', async (t) => {
  const { directory, names } = await writeLog(t);
  rmSync(join(directory, names[0] ?? ''));
  const since = names[1] ?? '';
  assert.deepEqual((await verifyLog({ directory, since })).problems, []);
});
