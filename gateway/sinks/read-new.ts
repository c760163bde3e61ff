import { join } from 'node:path';
import { isMissing, readBytes } from '../ledger/compressed.ts';
import type { FileSystemPort } from '../ledger/file-system.ts';
import { ownKind } from '../ledger/line.ts';
import { isCompressed, pickSegments } from '../ledger/segment-names.ts';
import type { Cursor, Place } from './cursor.ts';

/** One step through the log: where it leads, and the line that was passed, unless that is one of the log's own. */
export interface Step {
  readonly segment: string;
  readonly place: Place;
  readonly line?: Buffer;
}

export interface ReadNewNeeds {
  readonly files: FileSystemPort;
  readonly directory: string;
  readonly cursor: Pick<Cursor, 'place'>;
}

const chunkBytes = 256 * 1024;
const newline = 0x0a;

/**
 * Reads what a cursor has not been past, to the end of what is there now: the segments in the order of their names, each in its own order, whichever
 * way it lies there. It holds no more than a chunk and the longest line, and costs the log's writer nothing.
 */
export async function* readNew({ files, directory, cursor }: ReadNewNeeds): AsyncGenerator<Step> {
  const present = await files.list(directory);
  for (const segment of pickSegments(present)) {
    const place = cursor.place(segment);
    if (!place.ended) yield* readSegment(files, directory, segment, place, isCompressed(present, segment));
  }
}

async function* readSegment(
  files: FileSystemPort,
  directory: string,
  segment: string,
  from: Place,
  compressed: boolean,
): AsyncGenerator<Step> {
  let { lines, bytes } = from;
  let pending: Buffer[] = [];
  for await (const chunk of readFrom(files, join(directory, segment), bytes, compressed)) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      const line = pending.length === 0 ? chunk.subarray(start, end) : Buffer.concat([...pending, chunk.subarray(start, end)]);
      pending = [];
      start = end + 1;
      lines += 1;
      bytes += line.length + 1;
      const own = ownKind(line);
      const place = { lines, bytes, ended: own === 'segment-end' };
      yield { segment, place, ...(own === undefined && { line }) };
      if (place.ended) return;
    }
    if (start < chunk.length) pending.push(chunk.subarray(start));
  }
  // Only what has ended is compressed.
  if (compressed) yield { segment, place: { lines, bytes, ended: true } };
}

/** The bytes from a place on. A segment that is being compressed meanwhile is read on where it lies then; one that is retired is at its end. */
async function* readFrom(files: FileSystemPort, path: string, offset: number, compressed: boolean): AsyncGenerator<Buffer> {
  let position = offset;
  try {
    if (!compressed) {
      for (;;) {
        const chunk = await files.read(path, position, chunkBytes);
        position += chunk.length;
        if (chunk.length > 0) yield chunk;
        if (chunk.length < chunkBytes) return;
      }
    }
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  let skip = position;
  try {
    for await (const chunk of readBytes(files, path)) {
      const skipped = Math.min(skip, chunk.length);
      skip -= skipped;
      if (skipped < chunk.length) yield chunk.subarray(skipped);
    }
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
