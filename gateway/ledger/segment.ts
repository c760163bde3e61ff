import { join } from 'node:path';
import type { FileSystemPort, WritableFile } from './file-system.ts';
import { chainLine, members, noHash } from './line.ts';
import { emptyTree, growTree, type Tree } from './merkle.ts';
import { logSchema, type SegmentEnd, type SegmentHeader, type SegmentLink } from './own-lines.ts';

/** What is known to be on disk of a segment. */
export interface SegmentState {
  readonly segment: string;
  /** The hash of the last line. */
  readonly head: string;
  /** Over all lines; its size is their number. */
  readonly tree: Tree;
}

/** A segment that takes lines. Any failure ends it for good: its owner must abandon it and open another. */
export interface Segment {
  readonly name: string;
  /** Bytes on disk. */
  size(): number;
  /** The last line that is known to be on disk. */
  end(): SegmentLink;
  state(): SegmentState;
  /** Chains the lines, writes them in one piece and syncs once. Resolves when they are on disk. Not to be called again before that. */
  commit(contents: readonly string[]): Promise<void>;
  /** Writes the closing line and gives the file back. */
  finish(why: SegmentEnd['why'], at: number): Promise<void>;
  /** Gives the file back without another write or sync. */
  abandon(): Promise<void>;
}

export interface NewSegment {
  readonly directory: string;
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly openedAt: number;
  readonly previous: readonly SegmentLink[];
  readonly dropped: number;
  readonly buffered: number;
  /** Further members of the header. */
  readonly header?: Pick<SegmentHeader, 'checkpoints' | 'keys'>;
  /** Is told of each group of lines that is on disk. */
  readonly onWritten?: (text: string) => void;
}

/**
 * Creates a segment: the file, its header on disk, and its name on disk.
 * @throws whatever the file system throws; the file is then removed again, for nobody was told of anything in it
 */
export async function openSegment(files: FileSystemPort, start: NewSegment): Promise<Segment> {
  const path = join(start.directory, start.name);
  const file = await files.create(path);
  const segment = writeTo(file, start);
  const header: SegmentHeader = {
    kind: 'segment',
    schema: logSchema,
    segment: start.name,
    opened: new Date(start.openedAt).toISOString(),
    pid: process.pid,
    previous: start.previous,
    ...(start.dropped > 0 && { dropped: start.dropped }),
    ...(start.buffered > 0 && { buffered: start.buffered }),
    ...start.header,
  };
  try {
    await segment.commit([members(header)]);
    await files.syncDirectory(start.directory);
  } catch (error) {
    const cleared = await Promise.allSettled([segment.abandon(), files.remove(path)]);
    const failed = cleared.filter((result) => result.status === 'rejected').map(({ reason }): unknown => reason);
    throw failed.length === 0 ? error : new AggregateError([error, ...failed], 'a segment could be neither begun nor taken away');
  }
  return segment;
}

function writeTo(file: WritableFile, { name, onWritten }: NewSegment): Segment {
  let seq = 0;
  let prev = noHash;
  let size = 0;
  let tree = emptyTree;

  async function commit(contents: readonly string[]): Promise<void> {
    let nextSeq = seq;
    let nextPrev = prev;
    let text = '';
    const hashes: string[] = [];
    for (const content of contents) {
      nextSeq += 1;
      const line = chainLine(nextSeq, nextPrev, content);
      nextPrev = line.hash;
      hashes.push(line.hash);
      text += line.text;
    }
    const bytes = Buffer.from(text, 'utf8');
    let written = 0;
    while (written < bytes.length) {
      const taken = await file.write(written === 0 ? bytes : bytes.subarray(written));
      if (taken <= 0) throw new Error('the disk took no bytes');
      written += taken;
    }
    // After a failed sync the kernel may mark the pages clean, so a second sync would succeed without the bytes. Hence: one try, then abandon.
    const synced = file.datasync();
    // While the disk works.
    const grown = growTree(tree, hashes);
    await synced;
    tree = grown;
    seq = nextSeq;
    prev = nextPrev;
    size += bytes.length;
    onWritten?.(text);
  }

  return {
    name,
    size: () => size,
    end: () => ({ segment: name, seq, hash: prev }),
    state: () => ({ segment: name, head: prev, tree }),
    commit,
    async finish(why, at) {
      const end: SegmentEnd = { kind: 'segment-end', closed: new Date(at).toISOString(), why };
      await commit([members(end)]);
      await file.close();
    },
    abandon: () => file.close(),
  };
}
