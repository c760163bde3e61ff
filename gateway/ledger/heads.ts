import { join } from 'node:path';
import type { FileSystemPort } from './file-system.ts';
import { noHash, ownKind, readLine } from './line.ts';
import { readHeader, type SegmentLink } from './own-lines.ts';
import { readFirstLine } from './read-lines.ts';
import { isCompressed, pickSegments, type SegmentKind } from './segment-names.ts';

const firstStretch = 64 * 1024;
const longestStretch = 16 * 1024 * 1024;
const newline = 0x0a;

/**
 * Finds the ends that no later segment holds on to: those of the last run, and of any that was cut off or runs beside this one. A new segment
 * names them all, so removing or shortening any of them later shows.
 */
export async function findHeads(
  files: FileSystemPort,
  directory: string,
  kind: SegmentKind = 'decisions',
): Promise<readonly SegmentLink[]> {
  const all = await files.list(directory);
  const names = pickSegments(all, kind);
  const held = new Map<string, number>();
  for (const name of names) {
    const first = await readFirstLine(files, join(directory, name));
    for (const link of (first && readHeader(first))?.previous ?? [])
      held.set(link.segment, Math.max(link.seq, held.get(link.segment) ?? -1));
  }
  const heads: SegmentLink[] = [];
  for (const name of names.filter((each) => !isCompressed(all, each))) {
    const { closes: _closes, ...end } = await findEnd(files, join(directory, name));
    if (end.seq > (held.get(name) ?? -1)) heads.push({ segment: name, ...end });
  }
  return heads;
}

/** The end of a segment as it lies there. */
export interface FoundEnd extends Omit<SegmentLink, 'segment' | 'abandoned'> {
  /** The last sound line is the one that closes the segment. */
  readonly closes: boolean;
}

/** The last sound line of a segment, and how many bytes follow it. Reads backwards, so a large segment costs no more than a small one. */
export async function findEnd(files: FileSystemPort, path: string): Promise<FoundEnd> {
  const size = await files.size(path);
  for (let stretch = firstStretch; ; stretch *= 4) {
    const from = Math.max(0, size - stretch);
    const bytes = await files.read(path, from, size - from);
    const found = lastSound(bytes, from === 0);
    if (found !== undefined) {
      const { seq, hash, closes, after } = found;
      return { seq, hash, closes, ...(after > 0 && { torn_bytes: after }) };
    }
    if (from === 0 || stretch >= longestStretch) return { seq: 0, hash: noHash, closes: false, ...(size > 0 && { torn_bytes: size }) };
  }
}

function lastSound(bytes: Buffer, whole: boolean) {
  let end = bytes.lastIndexOf(newline);
  while (end !== -1) {
    const before = end === 0 ? -1 : bytes.lastIndexOf(newline, end - 1);
    if (before === -1 && !whole) return undefined;
    const text = bytes.subarray(before + 1, end);
    const line = readLine(text);
    if (line?.sound) return { seq: line.seq, hash: line.hash, closes: ownKind(text) === 'segment-end', after: bytes.length - end - 1 };
    end = before;
  }
  return undefined;
}
