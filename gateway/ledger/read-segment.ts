import { join } from 'node:path';
import { checkSegment, type Fault, type SeenLine } from './check-segment.ts';
import { DamagedFile } from './compressed.ts';
import type { FileSystemPort } from './file-system.ts';
import { closesSegment, followLine, noHash, ownKind, readLine } from './line.ts';
import { emptyTree, growTree, rootOf, type Tree } from './merkle.ts';
import { readHeader, type SegmentHeader } from './own-lines.ts';
import { readLines } from './read-lines.ts';

/** What others say of a segment and what is therefore to be looked up in it. */
export interface Looked {
  /** Numbers of lines whose hashes are wanted. */
  readonly lines: ReadonlySet<number>;
  /** Numbers of lines over which the root of the Merkle tree is wanted. */
  readonly sizes: ReadonlySet<number>;
  /** A line's hash to look for. */
  readonly head?: string | undefined;
  readonly onLine?: (line: Buffer, number: number) => void;
}

/** A segment as it was found. Nothing else is kept of it, however long it is. */
export interface ReadSegment {
  readonly name: string;
  readonly header: SegmentHeader | undefined;
  readonly lines: number;
  /** The hash of the last line, where it is one. */
  readonly end: string | undefined;
  readonly closed: boolean;
  /** Bytes after the last newline. */
  readonly torn: number;
  readonly hashes: ReadonlyMap<number, string | undefined>;
  /** Only as far as the chain holds. */
  readonly roots: ReadonlyMap<number, string>;
  readonly fault: Fault | undefined;
  readonly holdsHead: boolean;
}

/** Hashes that are added to the tree at once. */
const batch = 4096;

/** Reads a segment from its first line to its last, and checks its chain. */
export async function readSegment(files: FileSystemPort, directory: string, name: string, looked: Looked): Promise<ReadSegment> {
  const path = join(directory, name);
  const hashes = new Map<number, string | undefined>();
  const roots = new Map<number, string>();
  let header: SegmentHeader | undefined;
  let tree: Tree = emptyTree;
  let added: string[] = [];
  let prev = noHash;
  let count = 0;
  let closed = false;
  let torn = 0;
  let holdsHead = false;

  for await (const { lines, rest } of readToDamage(files, path)) {
    if (rest === undefined) {
      const fault = {
        line: count + 1,
        kind: 'altered',
        message: 'and what follows cannot be unpacked: the compressed file was changed',
      } as const;
      return { name, header, lines: count, end: prev, closed, torn, hashes, roots, fault, holdsHead };
    }
    torn = rest.length;
    for (const line of lines) {
      const seq = count + 1;
      const hash = closed ? undefined : followLine(line, seq, prev);
      if (hash === undefined) return { ...(await readBroken(files, path, looked)), name, roots };
      if (seq === 1) header = readHeader(line);
      closed = closesSegment(line, seq, prev);
      looked.onLine?.(line, seq);
      if (looked.lines.has(seq)) hashes.set(seq, hash);
      if (looked.head === hash) holdsHead = true;
      if (looked.sizes.size > 0) added.push(hash);
      if (looked.sizes.has(seq) || added.length >= batch) {
        tree = growTree(tree, added);
        added = [];
        if (looked.sizes.has(seq)) roots.set(seq, rootOf(tree));
      }
      prev = hash;
      count = seq;
    }
  }
  const fault = count === 0 ? undefined : checkHeader(name, header);
  return { name, header, lines: count, end: count === 0 ? undefined : prev, closed, torn, hashes, roots, fault, holdsHead };
}

/** Reads a segment whose chain does not hold, to say where and how. */
async function readBroken(files: FileSystemPort, path: string, looked: Looked): Promise<Omit<ReadSegment, 'name' | 'roots'>> {
  const seen: SeenLine[] = [];
  let header: SegmentHeader | undefined;
  let torn = 0;
  for await (const { lines, rest } of readToDamage(files, path)) {
    if (rest === undefined) break;
    if (seen.length === 0 && lines[0] !== undefined) header = readHeader(lines[0]);
    for (const line of lines) seen.push({ frame: readLine(line), closes: ownKind(line) === 'segment-end' });
    torn = rest.length;
  }
  const last = seen.at(-1);
  return {
    header,
    lines: seen.length,
    end: last?.frame?.hash,
    closed: last?.closes === true,
    torn,
    hashes: new Map([...looked.lines].filter((seq) => seq <= seen.length).map((seq) => [seq, seen[seq - 1]?.frame?.hash])),
    fault: checkSegment(seen),
    holdsHead: looked.head !== undefined && seen.some(({ frame }) => frame?.hash === looked.head),
  };
}

/** As {@link readLines}; where a compressed file cannot be unpacked any further, the last batch has no rest. */
async function* readToDamage(files: FileSystemPort, path: string): AsyncGenerator<{ lines: readonly Buffer[]; rest: Buffer | undefined }> {
  try {
    yield* readLines(files, path);
  } catch (error) {
    if (!(error instanceof DamagedFile)) throw error;
    yield { lines: [], rest: undefined };
  }
}

function checkHeader(name: string, header: SegmentHeader | undefined): Fault | undefined {
  if (header === undefined) return { line: 1, kind: 'altered', message: 'is not the header of a segment' };
  if (header.segment !== name)
    return { line: 1, kind: 'altered', message: 'is the header of another segment; the file was renamed or copied' };
  return undefined;
}
