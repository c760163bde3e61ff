import { readFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { extract, type Header, pack } from 'tar-stream';
import type { Clock } from '../../gateway/vocabulary/clock.ts';
import type { LogFields, Logger } from '../../gateway/vocabulary/logger.ts';

export const stubPath = new URL('fixtures/stub.tar.gz', import.meta.url).pathname;
export const stubBytes = readFileSync(stubPath);

/** 2026-03-01T12:00:00Z, for ever. */
export const frozenClock: Clock = { now: () => 1772366400000, monotonic: () => 5 };

export interface Line {
  readonly level: string;
  readonly message: string;
  readonly fields: LogFields;
}

/** A logger that keeps what it is told. */
export function keepingLogger(): Logger & { readonly lines: Line[] } {
  const lines: Line[] = [];
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}) => {
      lines.push({ level, message, fields });
    };
  return { lines, error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') };
}

export interface Entry {
  readonly name: string;
  readonly content?: string | Uint8Array;
  readonly header?: Partial<Header>;
}

/** Packs entries as they are told, good or bad, into a tar.gz. */
export async function packBundle(entries: readonly Entry[]): Promise<Buffer> {
  const tar = pack();
  for (const { name, content = '', header } of entries)
    tar.entry({ name, ...header }, typeof content === 'string' ? content : Buffer.from(content));
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar as AsyncIterable<Buffer>) chunks.push(chunk);
  return gzipSync(Buffer.concat(chunks));
}

/** The stub bundle's entries, to be changed by a test. */
export async function stubEntries(): Promise<Entry[]> {
  const reader = extract();
  reader.end(gunzipSync(stubBytes));
  const entries: Entry[] = [];
  for await (const entry of reader) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry as AsyncIterable<Buffer>) chunks.push(chunk);
    entries.push({ name: entry.header.name, content: Buffer.concat(chunks) });
  }
  return entries;
}

/** The stub bundle with some files replaced (`undefined` takes one out). */
export async function changedStub(changes: Readonly<Record<string, string | Uint8Array | undefined>>): Promise<Buffer> {
  const kept = (await stubEntries()).filter(({ name }) => !Object.hasOwn(changes, name));
  const added = Object.entries(changes).flatMap(([name, content]) => (content === undefined ? [] : [{ name, content }]));
  return packBundle([...kept, ...added]);
}
