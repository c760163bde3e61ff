import { createHmac, timingSafeEqual, verify } from 'node:crypto';
import { readToken, type SignatureToken } from './read-token.ts';
import { cryptoOptions, digestOfAlgorithm, isSymmetric } from './signing-algorithm.ts';
import type { VerificationKey } from './verification-key.ts';

/** Why a token is not believed. */
export interface TokenProblem {
  readonly code: 'malformed' | 'unknown-key' | 'wrong-algorithm' | 'bad-signature';
  readonly message: string;
}

export interface VerifiedToken {
  readonly key: VerificationKey;
  readonly payload: Readonly<Record<string, unknown>>;
}

/**
 * Verifies the JWT of a bundle's signature.
 *
 * The key's id is the header's `kid`, or else the payload's `keyid`, which OPA still writes; it only picks among the configured keys. Where the token
 * names none, as after a plain `opa sign`, the only key is taken. The algorithm is the key's (RFC 8725 section 3.1): a header that says another,
 * `none` and HS with a public key among them, is refused before anything is computed.
 */
export function verifyToken(text: string, keys: readonly VerificationKey[]): VerifiedToken | { readonly problem: TokenProblem } {
  const token = readToken(text);
  if (typeof token === 'string') return fail('malformed', token);
  const { header, payload } = token;
  // RFC 7515 section 4.1.11: whoever does not understand an extension that is critical must refuse; none is understood here.
  if ('crit' in header || 'b64' in header)
    return fail('malformed', 'the header of the signature asks for an extension that is not supported');
  const key = pickKey(token, keys);
  if (typeof key === 'string') return fail('unknown-key', key);
  if (header['alg'] !== key.algorithm) {
    return fail(
      'wrong-algorithm',
      `the signature says it was made with another algorithm than ${key.algorithm}, which key ${key.id} is for`,
    );
  }
  return holds(token, key) ? { key, payload } : fail('bad-signature', `the signature was not made with key ${key.id}, or was altered`);
}

function pickKey({ header, payload }: SignatureToken, keys: readonly VerificationKey[]): VerificationKey | string {
  const named = [header['kid'], payload['keyid']].filter((id) => id !== undefined && id !== '');
  const [id, second] = named;
  if (named.some((each) => typeof each !== 'string')) return 'the id of the key that the signature names is not a string';
  if (second !== undefined && second !== id) return 'the signature names one key in its header and another in its payload';
  if (id === undefined) {
    const [only, more] = keys;
    return only !== undefined && more === undefined ? only : 'the signature names no key, and more than one is configured';
  }
  return (
    keys.find((key) => key.id === id) ?? `the signature names a key that is not configured: ${JSON.stringify(String(id).slice(0, 100))}`
  );
}

function holds({ signed, signature }: SignatureToken, { algorithm, key }: VerificationKey): boolean {
  const digest = digestOfAlgorithm(algorithm);
  if (!isSymmetric(algorithm)) return verify(digest, signed, cryptoOptions(algorithm, key), signature);
  const wanted = createHmac(digest ?? '', key)
    .update(signed)
    .digest();
  return wanted.length === signature.length && timingSafeEqual(wanted, signature);
}

function fail(code: TokenProblem['code'], message: string): { readonly problem: TokenProblem } {
  return { problem: { code, message } };
}
