import { createHmac, createSecretKey } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { Breakage } from '../errors.ts';

const fewestBytes = 32;

/** The secret under which virtual keys are hashed. Whoever steals the key file without it cannot even test a guess. */
export interface Pepper {
  /** HMAC-SHA-256 of a key's text: 32 bytes. */
  digest(keyText: string): Buffer;
}

/** @param secret 32 bytes or more */
export function makePepper(secret: Uint8Array): Pepper {
  if (secret.length < fewestBytes) throw new Breakage('gateway.error', 'The pepper of the virtual keys is shorter than 32 bytes.');
  // As a key object it is prepared once: with the bare bytes each HMAC would take five times as long.
  const key = createSecretKey(secret);
  return { digest: (keyText) => createHmac('sha256', key).update(keyText).digest() };
}

/**
 * Reads the pepper from its file: its bytes, without line ends after them.
 *
 * @throws Breakage where the file cannot be read, is too short, or lets every user of the machine read it
 */
export function readPepper(path: string): Pepper {
  let bytes: Buffer;
  let mode: number;
  try {
    bytes = readFileSync(path);
    mode = statSync(path).mode;
  } catch (cause) {
    throw new Breakage('gateway.error', `The pepper of the virtual keys cannot be read: ${path}`, { cause });
  }
  if ((mode & 0o007) !== 0)
    throw new Breakage('gateway.error', `Every user can read the pepper of the virtual keys; run: chmod 600 ${path}`);
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === 0x0a || bytes[end - 1] === 0x0d)) end--;
  return makePepper(bytes.subarray(0, end));
}
