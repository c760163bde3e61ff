import { join } from 'node:path';
import { endings, isMissing } from './compressed.ts';
import type { FileSystemPort } from './file-system.ts';
import { findEnd } from './heads.ts';
import { readHeader, type SegmentHeader } from './own-lines.ts';
import { readFirstLine } from './read-lines.ts';
import { isCompressed, pickSegments } from './segment-names.ts';

/** A segment into which nothing more goes and to whose end a later one holds on. */
export interface Ended {
  readonly segment: string;
  /** The number of its last line. */
  readonly seq: number;
  /** Its last line was written before this: milliseconds since the epoch. */
  readonly before: number;
  readonly bytes: number;
  readonly compressed: boolean;
  /** It has a closing line; without one its process was killed, or a write failed. */
  readonly closes: boolean;
}

/** Every process ends a segment after a week at the latest; one that has no closing line after so long belongs to none. */
const surelyDeadMs = 9 * 86_400_000;

/** Makes the search for ended segments. Headers never change, so each is read once, however often it searches. */
export function makeFindEnded(files: FileSystemPort, directory: string) {
  const headers = new Map<string, SegmentHeader>();

  async function headerOf(name: string): Promise<SegmentHeader | undefined> {
    const known = headers.get(name);
    if (known !== undefined) return known;
    const first = await readFirstLine(files, join(directory, name));
    const header = first && readHeader(first);
    if (header !== undefined) headers.set(name, header);
    return header;
  }

  /** Oldest first. @param all the names in the directory */
  return (all: readonly string[], now: number): Promise<readonly Ended[]> => {
    const present = new Set(pickSegments(all));
    for (const name of headers.keys()) if (!present.has(name)) headers.delete(name);
    return findEnded({ files, directory, all, now, headerOf });
  };
}

interface Search {
  readonly files: FileSystemPort;
  readonly directory: string;
  readonly all: readonly string[];
  readonly now: number;
  readonly headerOf: (name: string) => Promise<SegmentHeader | undefined>;
}

async function findEnded({ files, directory, all, now, headerOf }: Search): Promise<readonly Ended[]> {
  const names = pickSegments(all);
  const holds = new Map<string, { readonly seq: number; readonly opened: number }>();
  const openings = new Map<string, number>();
  for (const name of names) {
    const header = await headerOf(name);
    if (header === undefined) continue;
    const opened = Date.parse(header.opened);
    openings.set(name, opened);
    for (const { segment, seq } of header.previous) {
      const known = holds.get(segment);
      if (known === undefined || seq > known.seq || (seq === known.seq && opened < known.opened)) holds.set(segment, { seq, opened });
    }
  }
  const ended: Ended[] = [];
  for (const name of names) {
    const held = holds.get(name);
    if (held === undefined || held.seq === 0) continue;
    const compressed = isCompressed(all, name);
    const end = compressed ? { seq: held.seq, closes: true } : await findEnd(files, join(directory, name));
    const isDead = !end.closes && now - (openings.get(name) ?? now) > surelyDeadMs;
    if (end.seq !== held.seq || !(end.closes || isDead)) continue;
    const bytes = await sizeOf(files, join(directory, name));
    ended.push({ segment: name, seq: end.seq, before: held.opened, bytes, compressed, closes: end.closes });
  }
  return ended;
}

async function sizeOf(files: FileSystemPort, path: string): Promise<number> {
  for (const ending of ['', ...Object.values(endings)]) {
    try {
      return await files.size(path + ending);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
  return 0;
}
