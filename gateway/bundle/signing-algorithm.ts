import { constants, type KeyObject, type SignKeyObjectInput } from 'node:crypto';
import type { SigningAlgorithm } from '../vocabulary/verification.ts';

/** All of them. */
export const signingAlgorithms: readonly SigningAlgorithm[] = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'HS256',
  'HS384',
  'HS512',
  'EdDSA',
];

export function isSigningAlgorithm(name: unknown): name is SigningAlgorithm {
  return (signingAlgorithms as readonly unknown[]).includes(name);
}

/** Says whether one secret both signs and verifies. Whoever can verify such a signature can forge it. */
export function isSymmetric(algorithm: SigningAlgorithm): boolean {
  return algorithm.startsWith('HS');
}

/** The hash that an algorithm uses, by OpenSSL's name; Ed25519 has its own. */
export function digestOfAlgorithm(algorithm: SigningAlgorithm): string | null {
  return algorithm === 'EdDSA' ? null : `sha${algorithm.slice(2)}`;
}

/** What node:crypto needs to know to sign and verify as JWS does. */
export function cryptoOptions(algorithm: SigningAlgorithm, key: KeyObject): SignKeyObjectInput {
  switch (algorithm.slice(0, 2)) {
    case 'PS':
      // RFC 7518 section 3.5: the salt is as long as the hash.
      return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
    case 'ES':
      // Section 3.4: R and S one after the other, not DER.
      return { key, dsaEncoding: 'ieee-p1363' };
    default:
      return { key };
  }
}

const curves: Readonly<Record<string, string>> = { ES256: 'prime256v1', ES384: 'secp384r1', ES512: 'secp521r1' };

/**
 * Says what is wrong with using a key for an algorithm: another kind of key, or one that is too weak (RFC 7518 sections 3.2 to 3.5).
 * @returns `undefined` where it can be used
 */
export function unfit(algorithm: SigningAlgorithm, key: KeyObject): string | undefined {
  if (isSymmetric(algorithm)) {
    const least = Number(algorithm.slice(2)) / 8;
    if (key.type !== 'secret') return `${algorithm} needs a secret`;
    return (key.symmetricKeySize ?? 0) < least ? `${algorithm} needs a secret of at least ${least} bytes` : undefined;
  }
  if (key.type === 'secret') return `${algorithm} needs a key pair, not a secret`;
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (algorithm === 'EdDSA') return type === 'ed25519' ? undefined : `${algorithm} needs an Ed25519 key`;
  if (algorithm.startsWith('ES')) {
    return type === 'ec' && details?.namedCurve === curves[algorithm] ? undefined : `${algorithm} needs a key on ${curves[algorithm]}`;
  }
  if (type !== 'rsa') return `${algorithm} needs an RSA key`;
  return (details?.modulusLength ?? 0) < 2048 ? 'an RSA key of less than 2048 bits is too weak' : undefined;
}
