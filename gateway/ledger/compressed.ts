import { type Duplex, Readable } from 'node:stream';
import { createGunzip, createGzip, createZstdCompress, createZstdDecompress } from 'node:zlib';
import type { FileSystemPort } from './file-system.ts';

/*
 * Ended segments may lie compressed. Their bytes, lines and hashes are the same; only the file's name has an ending more. Every reader goes through
 * here, so none of them needs to know.
 */

export type Compression = 'zstd' | 'gzip';

export const endings: Readonly<Record<Compression, string>> = { zstd: '.zst', gzip: '.gz' };

/** A compressed file cannot be unpacked to its end. */
export class DamagedFile extends Error {
  override readonly name = 'DamagedFile';
}

const chunkBytes = 256 * 1024;

/** The bytes of a segment in order, whichever way it lies there; also while it is being compressed by another process. */
export async function* readBytes(files: FileSystemPort, path: string): AsyncGenerator<Buffer> {
  let position = 0;
  try {
    for await (const chunk of readPlain(files, path)) {
      position += chunk.length;
      yield chunk;
    }
  } catch (error) {
    const compression = isMissing(error) ? await findCompressed(files, path) : undefined;
    if (compression === undefined) throw error;
    for await (const chunk of unpack(files, path + endings[compression], compression)) {
      const skipped = Math.min(position, chunk.length);
      position -= skipped;
      if (skipped < chunk.length) yield chunk.subarray(skipped);
    }
  }
}

async function findCompressed(files: FileSystemPort, path: string): Promise<Compression | undefined> {
  for (const compression of ['zstd', 'gzip'] as const) {
    try {
      await files.size(path + endings[compression]);
      return compression;
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
  return undefined;
}

async function* readPlain(files: FileSystemPort, path: string): AsyncGenerator<Buffer> {
  for (let position = 0; ; ) {
    const chunk = await files.read(path, position, chunkBytes);
    position += chunk.length;
    if (chunk.length > 0) yield chunk;
    if (chunk.length < chunkBytes) return;
  }
}

/** @throws DamagedFile */
export async function* unpack(files: FileSystemPort, path: string, compression: Compression): AsyncGenerator<Buffer> {
  try {
    yield* through(files, path, compression === 'zstd' ? createZstdDecompress() : createGunzip());
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? '';
    // Zlib's own errors; what the disk says goes on as it is.
    if (/^(?:ERR_)?(?:ZSTD_|Z_|ZLIB_)/.test(code)) throw new DamagedFile('the compressed file cannot be unpacked', { cause });
    throw cause;
  }
}

export function pack(files: FileSystemPort, path: string, compression: Compression): AsyncGenerator<Buffer> {
  return through(files, path, compression === 'zstd' ? createZstdCompress() : createGzip());
}

/** The file's bytes as the stream makes them. A reader may stop early. */
async function* through(files: FileSystemPort, path: string, stream: Duplex): AsyncGenerator<Buffer> {
  const source = Readable.from(readPlain(files, path), { objectMode: false });
  source.on('error', (error) => stream.destroy(error));
  source.pipe(stream);
  try {
    for await (const chunk of stream) yield chunk as Buffer;
  } finally {
    source.destroy();
    stream.destroy();
  }
}

export const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';
