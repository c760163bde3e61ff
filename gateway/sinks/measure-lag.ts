import { join } from 'node:path';
import { isMissing, readBytes } from '../ledger/compressed.ts';
import type { FileSystemPort } from '../ledger/file-system.ts';
import { isCompressed, pickSegments } from '../ledger/segment-names.ts';
import type { Cursor } from './cursor.ts';

export interface MeasureLagNeeds {
  readonly files: FileSystemPort;
  readonly directory: string;
  readonly cursor: Cursor;
}

export interface Lag {
  /** Of lines, and of what has been begun of one. */
  readonly bytes: number;
  /** Segments that are gone and were not dealt with to their end. */
  readonly gone: readonly string[];
}

/**
 * Makes what says how much of the log a cursor has still before it. A segment that lies compressed is measured once, by unpacking, unless it was seen
 * before it was compressed.
 */
export function makeMeasureLag({ files, directory, cursor }: MeasureLagNeeds): () => Promise<Lag> {
  const sizes = new Map<string, number>();

  async function sizeOf(segment: string, compressed: boolean): Promise<number> {
    const path = join(directory, segment);
    const known = sizes.get(segment);
    if (compressed && known !== undefined) return known;
    const size = compressed ? await unpackedSize(path) : await files.size(path);
    sizes.set(segment, size);
    return size;
  }

  async function unpackedSize(path: string): Promise<number> {
    let size = 0;
    for await (const chunk of readBytes(files, path)) size += chunk.length;
    return size;
  }

  return async () => {
    const present = await files.list(directory);
    const segments = pickSegments(present);
    const gone = cursor.heed(segments);
    let bytes = 0;
    for (const segment of segments) {
      const place = cursor.place(segment);
      if (place.ended) {
        sizes.delete(segment);
        continue;
      }
      try {
        bytes += Math.max(0, (await sizeOf(segment, isCompressed(present, segment))) - place.bytes);
      } catch (error) {
        // Compressed or retired since the directory was listed: the next look sees which.
        if (!isMissing(error)) throw error;
      }
    }
    for (const segment of gone) sizes.delete(segment);
    return { bytes, gone };
  };
}
