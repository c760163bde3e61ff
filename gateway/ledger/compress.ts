import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import { type Compression, endings, isMissing, pack, readBytes, unpack } from './compressed.ts';
import type { FileSystemPort } from './file-system.ts';

/**
 * Compresses an ended segment and takes the plain file away. At every moment one of the two is whole and on disk: the packed one is written beside,
 * synced, read back and compared before it gets its name, and only then does the plain one go.
 * @returns bytes before and after
 * @throws whatever the file system throws; the plain file is then still there
 */
export async function compressSegment(
  files: FileSystemPort,
  path: string,
  compression: Compression,
): Promise<{ before: number; after: number }> {
  const packed = path + endings[compression];
  const beside = `${packed}.part`;
  await removeIfThere(files, beside);
  const file = await files.create(beside);
  let after = 0;
  try {
    for await (const chunk of pack(files, path, compression)) after += await writeAll(file.write, chunk);
    await file.datasync();
  } finally {
    await file.close();
  }
  const [plain, back] = [await digestOf(readBytes(files, path)), await digestOf(unpack(files, beside, compression))];
  if (plain !== back) throw new Error('what was packed is not what was there');
  const before = await files.size(path);
  await files.rename(beside, packed);
  await files.syncDirectory(dirname(path));
  await files.remove(path);
  await files.syncDirectory(dirname(path));
  return { before, after };
}

async function writeAll(write: (bytes: Uint8Array) => Promise<number>, bytes: Buffer): Promise<number> {
  for (let written = 0; written < bytes.length; ) {
    const taken = await write(bytes.subarray(written));
    if (taken <= 0) throw new Error('the disk took no bytes');
    written += taken;
  }
  return bytes.length;
}

async function digestOf(chunks: AsyncIterable<Buffer>): Promise<string> {
  const digest = createHash('sha256');
  for await (const chunk of chunks) digest.update(chunk);
  return digest.digest('hex');
}

/** Removes a file; one that is not there is as good as removed. */
export async function removeIfThere(files: FileSystemPort, path: string): Promise<void> {
  try {
    await files.remove(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
