import { hash, randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Breakage } from '../errors.ts';

const keyBytes = 32;
/** Larger bodies have none: hashing them would hold everybody else up. */
const mostBytes = 1024 * 1024;

/**
 * Makes fingerprints of prompts: the same body has the same one within this installation, and to anyone without its key it tells nothing, however short
 * the list of bodies that it may have been.
 *
 * It is the first half of SHA-256 over the key and the body. Cutting it off keeps it from being continued to that of a longer body.
 * @param path of the key, 32 random bytes in hex; made, for its owner only, where there is none
 * @throws Breakage where the file cannot be used
 */
export function makeFingerprint(path: string): (body: Uint8Array) => string | undefined {
  const key = readOrMakeKey(path);
  return (body) => (body.length > mostBytes ? undefined : hash('sha256', Buffer.concat([key, body]), 'hex').slice(0, 32));
}

function readOrMakeKey(path: string): Buffer {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    const file = openSync(path, 'wx', 0o600);
    try {
      writeFileSync(file, `${randomBytes(keyBytes).toString('hex')}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const text = readFileSync(path, 'utf8').trim();
  if (!/^[0-9a-f]{64}$/.test(text))
    throw new Breakage('record.unavailable', `${path} holds no key for fingerprints: 64 hexadecimal digits`);
  if ((statSync(path).mode & 0o077) !== 0)
    throw new Breakage('record.unavailable', `others than its owner can read ${path}; run: chmod 600 ${path}`);
  return Buffer.from(text, 'hex');
}
