import { setImmediate as turn } from 'node:timers/promises';
import type { DataPlace } from './instance.ts';

/** Copied in one go: a millisecond or two, most of it for pages that are touched for the first time. */
export const sliceBytes = 2 * 1024 * 1024;

/** What an instance may need beside the data before its memory has to grow. */
const sparePages = 16;
const pageBytes = 65_536;

/** The pages of a memory for data that end at `end`. */
export function pagesFor(end: number, maximum: number): number {
  return Math.min(Math.ceil(end / pageBytes) + sparePages, maximum);
}

/**
 * Copies parsed data to their place in a memory that nobody uses yet, slice by slice, and lets the event loop turn in between.
 * @param source gives the data's bytes; asked again for each slice, because a memory that grows gets a new buffer
 */
export async function layOut(source: () => Uint8Array, place: DataPlace, memory: WebAssembly.Memory): Promise<void> {
  const size = place.end - place.start;
  for (let at = 0; at < size; at += sliceBytes) {
    const slice = source().subarray(at, Math.min(at + sliceBytes, size));
    new Uint8Array(memory.buffer).set(slice, place.start + at);
    if (at + sliceBytes < size) await turn();
  }
}
