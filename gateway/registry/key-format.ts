import { crc32 } from 'node:zlib';

/**
 * The text of a virtual key: `rg_<id>_<secret><checksum>`.
 *
 * - id: 10 characters of base32 (50 bits), public; it names the key in lists and on records
 * - secret: 32 characters of base62 (190 bits)
 * - checksum: CRC-32 of all before it, 6 characters of base62. It guards nothing: it lets a secret scanner tell a key from noise and a typo be
 *   told from a wrong key, without asking anybody.
 *
 * No character needs escaping in a header, a URL or a shell, and a double click selects all of it.
 */
export interface KeyParts {
  readonly id: string;
  /** The whole text, checksum included: what is hashed. */
  readonly text: string;
}

export const keyPrefix = 'rg_';

const base32 = 'abcdefghijklmnopqrstuvwxyz234567';
const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const idLength = 10;
const secretLength = 32;
const checksumLength = 6;
const form = /^rg_[a-z2-7]{10}_[0-9A-Za-z]{38}$/;

/** The form of a key's public id. */
export const keyIdForm: RegExp = /^[a-z2-7]{10}$/;

/**
 * Makes a new key.
 *
 * @param randomBytes gives that many bytes from a cryptographic source
 */
export function makeKeyText(randomBytes: (size: number) => Uint8Array): KeyParts {
  const id = pick(base32, idLength, randomBytes);
  const body = `${keyPrefix}${id}_${pick(base62, secretLength, randomBytes)}`;
  return { id, text: body + checksum(body) };
}

/** Reads the text of a key; `undefined` where its form or its checksum is wrong. */
export function readKeyText(text: string): KeyParts | undefined {
  if (!form.test(text)) return undefined;
  const body = text.slice(0, -checksumLength);
  if (checksum(body) !== text.slice(-checksumLength)) return undefined;
  return { id: text.slice(keyPrefix.length, keyPrefix.length + idLength), text };
}

function checksum(body: string): string {
  let rest = crc32(body);
  let digits = '';
  for (let at = 0; at < checksumLength; at++) {
    digits = base62.charAt(rest % 62) + digits;
    rest = Math.floor(rest / 62);
  }
  return digits;
}

/** Draws characters evenly: a byte that would favour the first letters of the alphabet is drawn again. */
function pick(alphabet: string, length: number, randomBytes: (size: number) => Uint8Array): string {
  const limit = 256 - (256 % alphabet.length);
  let text = '';
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < limit && text.length < length) text += alphabet.charAt(byte % alphabet.length);
    }
  }
  return text;
}
