import { readBytes } from './compressed.ts';
import type { FileSystemPort } from './file-system.ts';

const newline = 0x0a;

export interface Batch {
  /** Whole lines, without their newlines. */
  readonly lines: readonly Buffer[];
  /** What stands after the last newline; only in the last batch, and empty where the file ends as it should. */
  readonly rest: Buffer;
}

const nothing = Buffer.alloc(0);

/** Reads a segment forward, in batches of whole lines, holding no more than a chunk and the longest line. */
export async function* readLines(files: FileSystemPort, path: string): AsyncGenerator<Batch> {
  let pending: Buffer[] = [];
  for await (const chunk of readBytes(files, path)) {
    const lines: Buffer[] = [];
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      lines.push(pending.length === 0 ? chunk.subarray(start, end) : Buffer.concat([...pending, chunk.subarray(start, end)]));
      pending = [];
      start = end + 1;
    }
    if (start < chunk.length) pending.push(chunk.subarray(start));
    if (lines.length > 0) yield { lines, rest: nothing };
  }
  yield { lines: [], rest: Buffer.concat(pending) };
}

/** The first line of a segment, without its newline; `undefined` where the file has none. */
export async function readFirstLine(files: FileSystemPort, path: string): Promise<Buffer | undefined> {
  for await (const { lines } of readLines(files, path)) if (lines[0] !== undefined) return lines[0];
  return undefined;
}
