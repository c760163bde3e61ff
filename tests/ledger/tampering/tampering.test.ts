import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KeyEntry } from '../../../gateway/ledger/checkpoint-keys.ts';
import { localFileSystem } from '../../../gateway/ledger/file-system.ts';
import { openKeyFile } from '../../../gateway/ledger/key-file.ts';
import { readElsewhere } from '../../../gateway/ledger/read-elsewhere.ts';
import { verifyLog } from '../../../gateway/ledger/verify-log.ts';
import { verifyFromDocs } from '../second-verifier.ts';
import { type SignedLog, writeSignedLog } from './signed-log.ts';
import { kinds } from './tamper.ts';

const verify = async ({ directory, elsewhere }: SignedLog, withElsewhere: boolean, keys: readonly KeyEntry[] = []) =>
  verifyLog({ directory, keys, ...(withElsewhere && { elsewhere: await readElsewhere(localFileSystem, elsewhere) }) });

test('an untouched log holds, all of it stands under checkpoints, and what was kept elsewhere says the same', async (t) => {
  const log = await writeSignedLog(t);
  for (const withElsewhere of [false, true]) {
    const { problems, notes, lines, checkpoints } = await verify(log, withElsewhere);
    assert.deepEqual([problems, notes, checkpoints.lines], [[], [], lines]);
    assert.ok(checkpoints.count > 10);
  }
  assert.deepEqual(verifyFromDocs(log.directory), []);
});

interface Expected {
  readonly kind: string;
  /** Which file the first finding is about: an index of segments, or of checkpoint files. */
  readonly segment?: number;
  readonly checkpointFile?: number;
  readonly line?: number;
  readonly words: RegExp;
  /** It shows only with what was kept elsewhere. */
  readonly onlyElsewhere?: true;
  /** It shows only with a public key from elsewhere. */
  readonly onlyWithKey?: true;
}

const expected: Readonly<Record<string, Expected>> = {
  'altered-byte': { kind: 'altered', segment: 1, line: 5, words: /has not the hash of its bytes/ },
  'altered-and-rehashed': { kind: 'altered', segment: 1, line: 5, words: /was made anew: the next line follows from another one/ },
  'deleted-line': { kind: 'missing', segment: 1, line: 5, words: /number 5 should stand here: what lay between is missing/ },
  reordered: { kind: 'reordered', segment: 1, line: 5, words: /number 5, now line 6, should stand here/ },
  inserted: { kind: 'inserted', segment: 1, line: 6, words: /was put before the line that has its number/ },
  'truncated-tail': {
    kind: 'missing',
    segment: -1,
    line: 5,
    words: /and what follows is cut off; the checkpoint of \S+ \(\S+ line \d+\) covers/,
  },
  'segment-removed': { kind: 'missing', segment: 1, words: /is gone; decisions-\S+ names it/ },
  'segments-swapped': { kind: 'altered', segment: 1, line: 1, words: /is the header of another segment; the file was renamed or copied/ },
  'truncated-with-its-checkpoints': {
    kind: 'missing',
    segment: -1,
    line: 3,
    words: /cut off; the checkpoint of \S+ \(\S+elsewhere\S+ line \d+\) covers/,
    onlyElsewhere: true,
  },
  'checkpoint-edited': { kind: 'altered', checkpointFile: 1, line: 2, words: /whose signature is not that of its text/ },
  'checkpoint-of-another-key': {
    kind: 'altered',
    checkpointFile: 1,
    line: 2,
    words: /of the key [0-9a-f]{16}, which no trusted key has handed over to/,
  },
  'moved-to-another-segment': { kind: 'missing', segment: 1, line: 5, words: /what lay between is missing/ },
  'forged-to-the-end': {
    kind: 'altered',
    segment: -1,
    words: /not what the checkpoint of \S+ \(\S+ line \d+\) covers: the chain was made anew from there/,
  },
  'checkpoint-file-removed': { kind: 'missing', checkpointFile: 1, words: /is gone; \S+ names it/ },
  'whole-log-made-anew': { kind: 'missing', segment: 0, words: /stand under no checkpoint of a trusted key/, onlyWithKey: true },
  'old-copy-put-back': { kind: 'missing', segment: -1, words: /cut off; the checkpoint/ },
};

assert.deepEqual(Object.keys(kinds).sort(), Object.keys(expected).sort(), 'each kind of tampering is expected to be found');

for (const [name, { kind, segment, checkpointFile, line, words, onlyElsewhere, onlyWithKey }] of Object.entries(expected)) {
  test(`tampering is found and named: ${name}`, async (t) => {
    const log = await writeSignedLog(t);
    const before = { segments: log.segments(), checkpointFiles: log.checkpointFiles() };
    kinds[name]?.(log.directory);
    if (onlyElsewhere) assert.deepEqual((await verify(log, false)).problems, [], 'without what was kept elsewhere it cannot show');
    if (onlyWithKey) assert.deepEqual((await verify(log, false)).problems, [], 'without the key it cannot show');
    const keys = onlyWithKey ? openKeyFile(log.keyFile, 0).entries : [];
    const problems = (await verify(log, onlyElsewhere === true, keys)).problems;
    const [wanted] =
      checkpointFile === undefined
        ? problems
        : problems.filter((each) => each.segment.startsWith('checkpoints-') && each.message.match(words));
    const file = checkpointFile === undefined ? before.segments.at(segment ?? 0) : before.checkpointFiles.at(checkpointFile);
    assert.deepEqual([wanted?.kind, wanted?.segment], [kind, file], JSON.stringify(problems, null, 1));
    assert.match(wanted?.message ?? '', words);
    if (line !== undefined) assert.equal(wanted?.line, line);
  });
}

test('a record that was moved is found where it went, too', async (t) => {
  const log = await writeSignedLog(t);
  const [, , , other] = log.segments();
  kinds['moved-to-another-segment']?.(log.directory);
  const there = (await verify(log, false)).problems.find(({ segment }) => segment === other);
  assert.deepEqual([there?.kind, there?.line], ['inserted', 4]);
});
