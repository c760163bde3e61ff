import { createHash } from 'node:crypto';

/**
 * Names a credential's value for the record: the first 48 bits of a SHA-256 over the id and the value. Provider keys carry far more entropy than
 * can be searched, so the name leads back to no value; and two ids with one value get different names, so that it tells nothing across them.
 */
export function nameVersion(id: string, value: string): string {
  return createHash('sha256').update(`regate credential version\0${id}\0${value}`).digest('hex').slice(0, 12);
}
