import {
  appendFileSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { Breakage } from '../errors.ts';
import { type KeyEntry, makeKey, readKeyEntry, readSigningKey, type SigningKey } from './checkpoint-keys.ts';

/** The key that signs now, and the row of public keys that led to it; the last is its own. */
export interface HeldKey {
  readonly signing: SigningKey;
  readonly entries: readonly KeyEntry[];
}

/** Where the public keys are listed, beside the private one. */
export const publicListOf = (path: string): string => `${path}.pub`;

/**
 * Reads the key that checkpoints are signed with, and makes one where there has been none.
 * @param path PEM, for its owner only; the public keys are listed in `<path>.pub`, one JSON object a line
 * @throws Breakage where the file cannot be used as it lies there; its message holds nothing of the key
 */
export function openKeyFile(path: string, now: number): HeldKey {
  if (!existsSync(path)) {
    if (existsSync(publicListOf(path)))
      throw unusable(
        `${path} is gone, but its public key is listed; put the key back, or remove ${publicListOf(path)} to begin a new row of keys`,
      );
    return makeFirst(path, now);
  }
  const held = readKeyFile(path);
  if (held.entries.at(-1)?.id !== held.signing.id) throw unusable(`${publicListOf(path)} does not end with the public key of ${path}`);
  return held;
}

/** Makes the key that comes after; the old one signs for it, and is gone. */
export function rotateKeyFile(path: string, now: number): HeldKey {
  const { signing, entries } = openKeyFile(path, now);
  const { pem, entry } = makeKey(now, signing);
  // In this order: listed without being used is harmless, used without being listed is not.
  appendFileSync(publicListOf(path), `${JSON.stringify(entry)}\n`);
  const beside = `${path}.new`;
  writeOnce(beside, pem, 0o600);
  renameSync(beside, path);
  return { signing: readSigningKey(pem), entries: [...entries, entry] };
}

function makeFirst(path: string, now: number): HeldKey {
  const { pem, entry } = makeKey(now);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeOnce(path, pem, 0o600);
  writeOnce(publicListOf(path), `${JSON.stringify(entry)}\n`, 0o644);
  return { signing: readSigningKey(pem), entries: [entry] };
}

/** `wx`: two first starts at once cannot each believe in a key of their own. */
function writeOnce(path: string, text: string, mode: number): void {
  const file = openSync(path, 'wx', mode);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function readKeyFile(path: string): HeldKey {
  let pem: string;
  let mode: number;
  let list: string;
  try {
    pem = readFileSync(path, 'utf8');
    mode = statSync(path).mode;
    list = readFileSync(publicListOf(path), 'utf8');
  } catch (cause) {
    throw unusable(`${path} or ${publicListOf(path)} cannot be read`, cause);
  }
  if ((mode & 0o077) !== 0) throw unusable(`others than its owner can read it; run: chmod 600 ${path}`);
  try {
    return { signing: readSigningKey(pem), entries: readKeyList(list) };
  } catch (cause) {
    throw unusable(`${path} and ${publicListOf(path)} do not hold a key and the list of public keys`, cause);
  }
}

/**
 * Reads a list of public keys, one JSON object a line.
 * @throws TypeError where a line is none
 */
export function readKeyList(text: string): readonly KeyEntry[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const entry = readKeyEntry(JSON.parse(line));
      if (entry === undefined) throw new TypeError('a line of the list is no public key');
      return entry;
    });
}

function unusable(why: string, cause?: unknown): Breakage {
  return new Breakage('record.unavailable', `the key for checkpoints cannot be used: ${why}`, cause === undefined ? {} : { cause });
}
