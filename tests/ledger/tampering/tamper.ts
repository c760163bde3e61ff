import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { copyFileSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/*
 * A tamperer who may write to the directory of a log, knows its format and has all the time in the world, but neither the signing key nor a way to
 * what was kept elsewhere. It edits files and imports nothing of the gateway.
 *
 *   node tests/ledger/tampering/tamper.ts altered-byte path/to/decisions
 */

type Edit = (lines: string[]) => string[];

function edit(path: string, change: Edit): void {
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  writeFileSync(
    path,
    change(lines)
      .map((line) => `${line}\n`)
      .join(''),
  );
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Makes a line's hash anew. */
export function rehash(line: string): string {
  const body = line.slice(0, -75);
  return `${body},"hash":"${sha256(body)}"}`;
}

/** Chains all lines from an index on to the one before. */
function rechain(lines: string[], from: number): string[] {
  const made = lines.slice(0, from);
  for (const line of lines.slice(from)) {
    const prev = made.at(-1)?.slice(-66, -2) ?? '0'.repeat(64);
    const framed = line.replace(/^\{"seq":\d+,"prev":"[0-9a-f]{64}"/, `{"seq":${made.length + 1},"prev":"${prev}"`);
    made.push(rehash(framed));
  }
  return made;
}

const at = (list: readonly string[], index: number): string => {
  const found = list.at(index);
  if (found === undefined) throw new Error('there is no such place');
  return found;
};
const lie = (line: string): string => line.replace('"decision":"deny"', '"decision":"fine"');

function filesOf(directory: string, prefix: string): string[] {
  return readdirSync(directory)
    .filter((name) => name.startsWith(prefix))
    .sort()
    .map((name) => join(directory, name));
}

/** What is done, by name. Segment 1 is the second oldest, -1 the newest. */
export const kinds: Readonly<Record<string, (directory: string) => void>> = {
  'altered-byte': (directory) => edit(at(filesOf(directory, 'decisions-'), 1), (l) => l.with(4, lie(at(l, 4)))),
  'altered-and-rehashed': (directory) => edit(at(filesOf(directory, 'decisions-'), 1), (l) => l.with(4, rehash(lie(at(l, 4))))),
  'deleted-line': (directory) => edit(at(filesOf(directory, 'decisions-'), 1), (l) => l.toSpliced(4, 1)),
  reordered: (directory) => edit(at(filesOf(directory, 'decisions-'), 1), (l) => l.with(4, at(l, 5)).with(5, at(l, 4))),
  inserted: (directory) => edit(at(filesOf(directory, 'decisions-'), 1), (l) => l.toSpliced(5, 0, rehash(lie(at(l, 5))))),
  'truncated-tail': (directory) => edit(at(filesOf(directory, 'decisions-'), -1), (l) => l.slice(0, 4)),
  'segment-removed': (directory) => rmSync(at(filesOf(directory, 'decisions-'), 1)),
  'segments-swapped': (directory) => {
    const [one, other] = [at(filesOf(directory, 'decisions-'), 1), at(filesOf(directory, 'decisions-'), 2)];
    renameSync(one, `${one}.aside`);
    renameSync(other, one);
    renameSync(`${one}.aside`, other);
  },
  // With all that was signed about it here: only what was kept elsewhere still tells.
  'truncated-with-its-checkpoints': (directory) => {
    const last = at(filesOf(directory, 'decisions-'), -1);
    edit(last, (l) => l.slice(0, 2));
    const name = at(last.split('/'), -1);
    edit(at(filesOf(directory, 'checkpoints-'), -1), (l) =>
      l.slice(
        0,
        l.findIndex((line) => line.includes(`"segment":"${name}"`)),
      ),
    );
  },
  'checkpoint-edited': (directory) =>
    edit(at(filesOf(directory, 'checkpoints-'), 1), (l) =>
      rechain(
        l.map((line) => line.replace(/"size":\d+/, '"size":3')),
        1,
      ),
    ),
  'checkpoint-of-another-key': (directory) =>
    edit(at(filesOf(directory, 'checkpoints-'), 1), (l) => {
      const { privateKey, publicKey } = generateKeyPairSync('ed25519');
      const id = createHash('sha256')
        .update(publicKey.export({ type: 'spki', format: 'der' }).subarray(-32))
        .digest('hex')
        .slice(0, 16);
      let prev = at(l, 0).slice(-66, -2);
      const made = l.slice(1).map((line) => {
        const content = /("kind":.*"key":")[0-9a-f]{16}","signature"/
          .exec(line)?.[1]
          ?.replace(/"after":"[0-9a-f]{64}"/, `"after":"${prev}"`);
        if (content === undefined) return rehash(line.replace(/"prev":"[0-9a-f]{64}"/, `"prev":"${prev}"`));
        const text = `{${content}${id}"}`;
        const signature = sign(null, Buffer.from(text), privateKey).toString('base64');
        const seq = /^\{"seq":(\d+)/.exec(line)?.[1];
        const body = `{"seq":${seq},"prev":"${prev}",${text.slice(1, -1)},"signature":"${signature}"`;
        prev = sha256(body);
        return `${body},"hash":"${prev}"}`;
      });
      return [at(l, 0), ...made];
    }),
  'moved-to-another-segment': (directory) => {
    const [one, other] = [at(filesOf(directory, 'decisions-'), 1), at(filesOf(directory, 'decisions-'), 3)];
    let moved = '';
    edit(one, (l) => {
      moved = at(l, 4);
      return l.toSpliced(4, 1);
    });
    edit(other, (l) => l.toSpliced(3, 0, moved));
  },
  // From the middle of the newest segment to its end: no later header holds on to it, and the chain holds.
  'forged-to-the-end': (directory) =>
    edit(at(filesOf(directory, 'decisions-'), -1), (l) =>
      rechain(
        l.map((line, index) => (index >= 4 ? lie(line) : line)),
        4,
      ),
    ),
  'checkpoint-file-removed': (directory) => rmSync(at(filesOf(directory, 'checkpoints-'), 1)),
  'old-copy-put-back': (directory) => {
    const file = at(filesOf(directory, 'decisions-'), -1);
    copyFileSync(file, `${file}.new`);
    edit(`${file}.new`, (l) => l.slice(0, -2));
    renameSync(`${file}.new`, file);
  },
  // Everything is written anew, with all links, and without a word of checkpoints: only the key that an auditor has tells.
  'whole-log-made-anew': (directory) => {
    for (const file of filesOf(directory, 'checkpoints-')) rmSync(file);
    const ends = new Map<string, string>();
    for (const file of filesOf(directory, 'decisions-')) {
      edit(file, (l) => {
        const header = at(l, 0)
          .replace(/,"checkpoints":\{[^}]*\}/, '')
          .replace(/"segment":"(decisions-[^"]*)","seq":(\d+),"hash":"[0-9a-f]{64}"/g, (link, name: string, seq: string) =>
            ends.has(`${name} ${seq}`) ? `"segment":"${name}","seq":${seq},"hash":"${ends.get(`${name} ${seq}`)}"` : link,
          );
        const made = rechain([header, ...l.slice(1).map(lie)], 0);
        for (const [index, line] of made.entries()) ends.set(`${at(file.split('/'), -1)} ${index + 1}`, line.slice(-66, -2));
        return made;
      });
    }
  },
};

if (process.argv[1] === import.meta.filename) {
  const [, , kind = '', directory] = process.argv;
  const change = kinds[kind];
  if (change === undefined || directory === undefined) throw new Error(`say what and where; there are: ${Object.keys(kinds).join(', ')}`);
  change(directory);
}
