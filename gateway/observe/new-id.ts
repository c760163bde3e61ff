import { randomFillSync } from 'node:crypto';

const pool = new Uint8Array(10 * 256);
let used = pool.length;

/**
 * Makes a UUID version 7 (RFC 9562 section 5.7): 48 bits of time, 74 random bits. Ids sort by time, so a log and an index of it keep the order.
 *
 * @param now milliseconds since the epoch
 */
export function newId(now: number): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const random = Buffer.from(pool.buffer, used, 10);
  used += 10;
  const time = Math.trunc(now).toString(16).padStart(12, '0');
  const tail = random.toString('hex');
  const variant = (8 + (Number.parseInt(tail.charAt(4), 16) & 3)).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${tail.slice(1, 4)}-${variant}${tail.slice(5, 8)}-${tail.slice(8)}`;
}
