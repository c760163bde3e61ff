import { randomFillSync } from 'node:crypto';

const idsInPool = 256;
const digitsPerId = 20;
const pool = new Uint8Array((idsInPool * digitsPerId) / 2);
let digits = '';
let used = 0;

/**
 * Makes a UUID version 7 (RFC 9562 section 5.7): 48 bits of time, 74 random bits. Ids sort by time, so a log and an index of it keep the order.
 *
 * @param now milliseconds since the epoch
 */
export function newId(now: number): string {
  if (used === digits.length) {
    randomFillSync(pool);
    digits = Buffer.from(pool.buffer).toString('hex');
    used = 0;
  }
  const at = used;
  used += digitsPerId;
  const time = Math.trunc(now).toString(16).padStart(12, '0');
  const variant = '89ab'.charAt(Number.parseInt(digits.charAt(at + 4), 16) & 3);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${digits.slice(at + 1, at + 4)}-${variant}${digits.slice(at + 5, at + 8)}-${digits.slice(at + 8, at + digitsPerId)}`;
}
