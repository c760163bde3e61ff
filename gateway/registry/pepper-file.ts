import { closeSync, fsyncSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Pepper, readPepper } from './pepper.ts';

const pepperBytes = 32;

/**
 * Reads the pepper, and makes one where there is none yet: 256 random bits as hex, readable for its owner only.
 *
 * @returns the pepper, and whether it was made now
 * @throws Breakage where it exists and cannot be used: a new one would make every key of the old one void
 */
export function readOrMakePepper(
  path: string,
  randomBytes: (size: number) => Uint8Array,
): { readonly pepper: Pepper; readonly made: boolean } {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  let made = false;
  try {
    // `wx` makes it or fails: two first runs at once cannot each believe in a pepper of their own.
    const file = openSync(path, 'wx', 0o600);
    try {
      writeFileSync(file, `${Buffer.from(randomBytes(pepperBytes)).toString('hex')}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    made = true;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  return { pepper: readPepper(path), made };
}
