import { createHash, type KeyObject } from 'node:crypto';
import { Breakage } from '../errors.ts';

/** One signing key as the list names it. */
export interface KeyRecord {
  /** RFC 7638 thumbprint of the public key. */
  readonly kid: string;
  readonly algorithm: 'ES256' | 'RS256';
  /** RFC 3339. */
  readonly created_at: string;
  /** RFC 3339: until then it is only published. */
  readonly signs_from: string;
}

/** Reads the list of signing keys, oldest first. @throws Breakage where it is not of this form */
export function parseKeyState(text: string): readonly KeyRecord[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Breakage('tokens.unavailable', 'The list of signing keys is not JSON.');
  }
  const keys = typeof value === 'object' && value !== null && 'keys' in value ? value.keys : undefined;
  if (!Array.isArray(keys) || !keys.every(isKeyRecord)) throw new Breakage('tokens.unavailable', 'The list of signing keys is malformed.');
  return keys;
}

function isKeyRecord(value: unknown): value is KeyRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { kid, algorithm, created_at: created, signs_from: signs } = value as Partial<Record<keyof KeyRecord, unknown>>;
  return (
    typeof kid === 'string' &&
    /^[A-Za-z0-9_-]{43}$/.test(kid) &&
    (algorithm === 'ES256' || algorithm === 'RS256') &&
    [created, signs].every((time) => typeof time === 'string' && !Number.isNaN(Date.parse(time)))
  );
}

/** RFC 7638: SHA-256 over the required members in lexicographic order, base64url. */
export function thumbprint(publicKey: KeyObject): string {
  const { kty, crv, x, y, n, e } = publicKey.export({ format: 'jwk' });
  const required = kty === 'RSA' ? { e, kty, n } : { crv, kty, x, y };
  return createHash('sha256').update(JSON.stringify(required)).digest('base64url');
}
