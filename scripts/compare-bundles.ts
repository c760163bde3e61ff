/*
 * What differs between two bundles, for people: file by file, since two archives that differ say nothing by their digests. A part of build-bundle.
 */
import { gunzipSync } from 'node:zlib';
import { unpackTar } from '../gateway/bundle/unpack-tar.ts';

/**
 * Compares the committed bundle with the one just built.
 *
 * @returns one line for each difference; none where the bytes are the same
 */
export async function compareBundles(committed: Uint8Array, built: Uint8Array): Promise<readonly string[]> {
  if (Buffer.compare(committed, built) === 0) return [];
  const [before, after] = await Promise.all([unpackTar(gunzipSync(committed)), unpackTar(gunzipSync(built))]);
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  const lines = names.flatMap((name) => {
    const was = before.get(name);
    const is = after.get(name);
    if (was === undefined) return [`${name} is new`];
    if (is === undefined) return [`${name} is gone`];
    return Buffer.compare(was, is) === 0 ? [] : [`${name} has changed`];
  });
  return lines.length > 0 ? lines : ['the files are the same, but packed differently: the toolchain was built with another version of Go'];
}
