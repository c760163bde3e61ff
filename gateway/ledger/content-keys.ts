import { createHash, createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';

/** A key of the operator's under which content lies. */
export interface ContentKey {
  /** The first 16 hex digits of the SHA-256 of `regate content key id` and the key. */
  readonly id: string;
  /** Wraps the data keys (AES-256-GCM). */
  readonly wrapping: KeyObject;
  /** HMAC-SHA-256 of content, hex. */
  digest(bytes: Uint8Array): string;
}

const keyBytes = 32;

/**
 * Reads a key file: one key a line, 32 bytes in base64; empty lines and lines that begin with `#` are left out. The last one encrypts; all decrypt.
 * @throws TypeError where a line is no key, or there is none; the message holds nothing of the file
 */
export function readContentKeys(text: string): readonly [ContentKey, ...ContentKey[]] {
  const keys = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map(readKey);
  const [first, ...others] = keys;
  if (first === undefined) throw new TypeError('the file holds no key');
  return [first, ...others];
}

function readKey(line: string): ContentKey {
  const bytes = Buffer.from(line, 'base64');
  if (bytes.length !== keyBytes || bytes.toString('base64') !== line) throw new TypeError('a line of the file is not 32 bytes in base64');
  const id = createHash('sha256').update('regate content key id\0').update(bytes).digest('hex').slice(0, 16);
  // Keys of their own for each purpose (RFC 5869).
  const derive = (purpose: string) => createSecretKey(Buffer.from(hkdfSync('sha256', bytes, '', `regate content ${purpose}`, keyBytes)));
  const authentication = derive('digest');
  return { id, wrapping: derive('wrapping'), digest: (content) => createHmac('sha256', authentication).update(content).digest('hex') };
}
