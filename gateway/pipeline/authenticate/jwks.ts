import { hash } from 'node:crypto';
import { createLocalJWKSet, type JSONWebKeySet, type JWK, type LocalJWKSet } from 'jose';
import { Breakage } from '../../errors.ts';
import { isObject } from '../../json/is-object.ts';

/** One state of an issuer's public keys. */
export interface IssuerKeys {
  /** Another number whenever the keys are others. */
  readonly revision: number;
  /** Picks the key by `kid` and `alg`, strictly: exactly one must match. */
  readonly find: LocalJWKSet;
}

/** Where the keys of one issuer come from. */
export interface KeySet {
  /** The keys to verify with; `undefined` where none can be had. */
  current(): Promise<IssuerKeys | undefined>;
  /** Looks again, because a token names a key that is not in the set. `undefined` where there is nothing newer, or it is too soon to ask. */
  renew(): Promise<IssuerKeys | undefined>;
  /** The revision in force, without waiting; `undefined` where there is none. Tokens that were verified with another one are verified again. */
  revision(): number | undefined;
}

/** What the keys of a set are for. */
export type KeyUse = 'sig' | 'jwt-svid';

const fewestRsaBits = 2048;

/**
 * Reads a JWK Set (RFC 7517 section 5) and keeps the keys that may verify a token: public, asymmetric, RSA not below 2048 bits.
 *
 * A symmetric key in a set that everybody can fetch would let everybody sign, so it is dropped however it is marked; a private one has leaked.
 *
 * @returns the keys and how many were dropped; `digest` tells two sets apart
 * @throws Breakage `credential.issuer-unavailable` where the text is no key set or holds no usable key
 */
export function parseKeys(
  text: string,
  use: KeyUse = 'sig',
): { readonly set: JSONWebKeySet; readonly digest: string; readonly dropped: number } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's message quotes the text, which is not ours to log.
    throw new Breakage('credential.issuer-unavailable', 'The key set is not JSON.');
  }
  const members = isObject(value) ? value['keys'] : undefined;
  if (!Array.isArray(members)) throw new Breakage('credential.issuer-unavailable', 'The key set has no array of keys.');
  const keys = takeUse(members, use).filter(isUsable);
  if (keys.length === 0) throw new Breakage('credential.issuer-unavailable', 'The key set holds no usable public key.');
  return { set: { keys }, digest: hash('sha256', JSON.stringify(keys), 'hex'), dropped: members.length - keys.length };
}

/**
 * A trust bundle marks its keys: `jwt-svid` for tokens, `x509-svid` for certificates (SPIFFE Trust Domain and Bundle, section 4.2.2). A key for
 * certificates must verify no token, and one without a mark is to be ignored. The mark is taken off, because no JOSE library knows it.
 */
function takeUse(members: readonly unknown[], use: KeyUse): readonly unknown[] {
  const isBundle = members.some((key) => isObject(key) && (key['use'] === 'jwt-svid' || key['use'] === 'x509-svid'));
  if (use === 'sig' || !isBundle) return members;
  return members
    .filter((key) => isObject(key) && key['use'] === use && typeof key['kid'] === 'string')
    .map((key) => (isObject(key) ? Object.fromEntries(Object.entries(key).filter(([name]) => name !== 'use')) : key));
}

/** Makes one state of an issuer's keys. */
export function makeIssuerKeys(set: JSONWebKeySet, revision: number): IssuerKeys {
  return { revision, find: createLocalJWKSet(set) };
}

function isUsable(key: unknown): key is JWK {
  if (!isObject(key) || 'd' in key || 'k' in key) return false;
  const { kty, n } = key;
  if (kty === 'RSA') return typeof n === 'string' && Buffer.from(n, 'base64url').length * 8 >= fewestRsaBits;
  return kty === 'EC' || kty === 'OKP';
}
