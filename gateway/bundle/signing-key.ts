import { createPrivateKey, createSecretKey, type KeyObject } from 'node:crypto';
import { Breakage } from '../errors.ts';
import type { SigningAlgorithm } from '../vocabulary/verification.ts';
import type { SigningKey } from './sign-bundle.ts';
import { isSymmetric, unfit } from './signing-algorithm.ts';

/**
 * Makes a signing key of the content of its file.
 *
 * @param content PEM of a private key without a passphrase; for HS the secret, byte for byte
 * @param algorithm unless given, the usual one for the kind of key: RS256, ES256 to ES512 by the curve, EdDSA. A secret needs one
 * @throws Breakage `gateway.error`; the message holds nothing of the key
 */
export function readSigningKey(content: Uint8Array, algorithm?: SigningAlgorithm): SigningKey {
  if (algorithm !== undefined && isSymmetric(algorithm)) return checked(algorithm, createSecretKey(content));
  const key = readPrivate(Buffer.from(content).toString('latin1'));
  return checked(algorithm ?? usualFor(key), key);
}

function readPrivate(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw new Breakage(
      'gateway.error',
      /^(-----BEGIN ENCRYPTED|Proc-Type: 4,ENCRYPTED)/m.test(pem)
        ? 'The signing key is encrypted with a passphrase. Give it without one, from where only the build can read it.'
        : 'The signing key is not a private key in PEM. A secret needs --algorithm HS256, HS384 or HS512.',
      { cause },
    );
  }
}

function usualFor(key: KeyObject): SigningAlgorithm {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === 'rsa') return 'RS256';
  if (type === 'ed25519') return 'EdDSA';
  const byCurve: Readonly<Record<string, SigningAlgorithm>> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' };
  const found = type === 'ec' ? byCurve[details?.namedCurve ?? ''] : undefined;
  if (found === undefined)
    throw new Breakage(
      'gateway.error',
      'The signing key is of a kind that bundles are not signed with. Use RSA, P-256, P-384, P-521 or Ed25519.',
    );
  return found;
}

function checked(algorithm: SigningAlgorithm, key: KeyObject): SigningKey {
  const why = unfit(algorithm, key);
  if (why !== undefined) throw new Breakage('gateway.error', `The signing key cannot be used: ${why}.`);
  return { algorithm, key };
}
