import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { FileSystemPort } from '../ledger/file-system.ts';
import { ownKind } from '../ledger/line.ts';
import { isCompressed, pickSegments } from '../ledger/segment-names.ts';

export interface TailNeeds {
  readonly directory: string;
  readonly files: FileSystemPort;
  readonly signal: AbortSignal;
  /** How long to wait before looking again; rejects when the signal does. */
  readonly wait?: (signal: AbortSignal) => Promise<unknown>;
}

const pauseMs = 250;
const chunkBytes = 1024 * 1024;
const newline = 0x0a;

/**
 * Follows a log from now on: every line of a record, once it is on the disk, as text. It reads what was written, so it tells nothing that is not on
 * record, and costs the writer nothing. Ends when the signal says so.
 */
export async function* tailLog({ directory, files, signal, wait = pause }: TailNeeds): AsyncGenerator<string> {
  const positions = new Map<string, number>();
  const rests = new Map<string, Buffer>();
  for (const name of await openSegments()) positions.set(name, await files.size(join(directory, name)));
  while (!signal.aborted) {
    for (const name of await openSegments()) yield* readNew(name);
    try {
      await wait(signal);
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
  }

  async function openSegments(): Promise<readonly string[]> {
    const present = await files.list(directory);
    return pickSegments(present).filter((name) => !isCompressed(present, name));
  }

  async function* readNew(name: string): AsyncGenerator<string> {
    for (;;) {
      const position = positions.get(name) ?? 0;
      const chunk = await files.read(join(directory, name), position, chunkBytes);
      positions.set(name, position + chunk.length);
      const bytes = Buffer.concat([rests.get(name) ?? Buffer.alloc(0), chunk]);
      let start = 0;
      for (let end = bytes.indexOf(newline); end !== -1; end = bytes.indexOf(newline, start)) {
        const line = bytes.subarray(start, end);
        start = end + 1;
        if (ownKind(line) === undefined) yield line.toString('utf8');
      }
      rests.set(name, Buffer.from(bytes.subarray(start)));
      if (chunk.length < chunkBytes) return;
    }
  }
}

function pause(signal: AbortSignal): Promise<unknown> {
  return setTimeout(pauseMs, undefined, { signal });
}
