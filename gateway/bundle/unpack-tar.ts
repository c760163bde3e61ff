import { extract, type Header } from 'tar-stream';
import { Breakage } from '../errors.ts';
import type { BundleFiles } from './bundle-files.ts';

const maxEntries = 10_000;
const maxFileBytes = 32 * 1024 * 1024;

/**
 * Unpacks a tar archive into memory. Nothing is written to disk, yet names that would escape or hide something are refused all the same: other
 * tools unpack the same file, and two readers must not see two bundles.
 * @returns file name without the leading slash that OPA writes → content
 * @throws Breakage `policy.unavailable`
 */
export async function unpackTar(tar: Uint8Array): Promise<BundleFiles> {
  const files = new Map<string, Uint8Array>();
  const reader = extract();
  if (!endsOnce(tar)) fail('something follows the end of its archive, which some readers see and others do not');
  try {
    // The archive is in memory already; the reader takes it in one piece and hands out its entries one by one.
    reader.end(Buffer.from(tar.buffer, tar.byteOffset, tar.byteLength));
    let entries = 0;
    for await (const entry of reader) {
      entries += 1;
      if (entries > maxEntries) fail(`it has more than ${maxEntries} entries`);
      const name = checkEntry(entry.header);
      const chunks: Buffer[] = [];
      for await (const chunk of entry as AsyncIterable<Buffer>) chunks.push(chunk);
      if (name === undefined) continue;
      if (files.has(name)) fail(`${name} is in it twice`);
      files.set(name, Buffer.concat(chunks));
    }
  } catch (cause) {
    if (cause instanceof Breakage) throw cause;
    throw new Breakage('policy.unavailable', 'the bundle is not a whole tar archive', { cause });
  }
  return files;
}

const blockBytes = 512;

/**
 * Says whether nothing but zeros follows the first block of zeros that stands where a header should. POSIX ends an archive with two such blocks;
 * the reader here goes on behind them and OPA's stops.
 */
function endsOnce(tar: Uint8Array): boolean {
  for (let at = 0; at < tar.length; ) {
    const block = tar.subarray(at, at + blockBytes);
    if (block.every((byte) => byte === 0)) return tar.subarray(at).every((byte) => byte === 0);
    const size = sizeOf(block);
    // A size that cannot be read is for the reader to complain of.
    if (size === undefined) return true;
    at += blockBytes + Math.ceil(size / blockBytes) * blockBytes;
  }
  return true;
}

/** The size in a header: octal digits, as everything that is small enough for a bundle is written. */
function sizeOf(header: Uint8Array): number | undefined {
  const text = Buffer.from(header.subarray(124, 136))
    .toString('latin1')
    .replace(/[\0 ]+$/, '');
  return /^ *[0-7]+$/.test(text) ? Number.parseInt(text, 8) : undefined;
}

/** @returns the name, or `undefined` for a directory */
function checkEntry({ name, type, size }: Header): string | undefined {
  const relative = name.startsWith('/') ? name.slice(1) : name;
  const shown = JSON.stringify(name.slice(0, 200));
  if (type === 'directory') return undefined;
  if (type !== 'file') fail(`${shown} is a ${type}; only files may be in a bundle`);
  const parts = relative.split('/');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for. U+FFFD stands where the name is not UTF-8.
  if (/[\\\u0000-\u001f\u007f\ufffd]/.test(relative) || parts.some((part) => part === '' || part === '.' || part === '..')) {
    fail(`${shown} is not a plain relative path`);
  }
  if (size > maxFileBytes) fail(`${shown} is larger than ${maxFileBytes} bytes`);
  return relative;
}

function fail(why: string): never {
  throw new Breakage('policy.unavailable', `the bundle cannot be used: ${why}`);
}
