import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Breakage } from '../errors.ts';
import type { BundleFiles } from './bundle-files.ts';
import { unpackTar } from './unpack-tar.ts';

/** Of all files together. A gigabyte of zeros compresses to a megabyte, so the limit is on what comes out. */
const maxInflatedBytes = 64 * 1024 * 1024;
const inflate = promisify(gunzip);

/**
 * Unpacks a bundle's archive (tar.gz) into memory. Says nothing of what is in it.
 * @throws Breakage `policy.unavailable` for what is not one whole archive of plain files within the limits; the message says what is wrong
 */
export async function unpackBundle(bytes: Uint8Array): Promise<BundleFiles> {
  let tar: Uint8Array;
  try {
    tar = await inflate(bytes, { maxOutputLength: maxInflatedBytes });
  } catch (cause) {
    throw new Breakage('policy.unavailable', 'the bundle is not a whole gzip file, or inflates to more than 64 MiB', { cause });
  }
  return unpackTar(tar);
}
