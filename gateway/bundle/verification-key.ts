import { createPublicKey, createSecretKey, type KeyObject, X509Certificate } from 'node:crypto';
import { Breakage } from '../errors.ts';
import type { SigningAlgorithm } from '../vocabulary/verification.ts';
import { isSymmetric, unfit } from './signing-algorithm.ts';

/** A key that signatures of bundles are verified with. It is bound to one algorithm: what a token says of itself is never asked. */
export interface VerificationKey {
  readonly id: string;
  readonly algorithm: SigningAlgorithm;
  /** Public, or a secret for HS. It can cross to a thread. */
  readonly key: KeyObject;
}

/**
 * Makes a verification key of the content of its file.
 *
 * @param content PEM of a public key or of a certificate, of which only the key counts; for HS the secret, byte for byte, as OPA reads it
 * @throws Breakage `policy.unavailable` where it is no such key, or too weak for its algorithm; the message holds nothing of the key
 */
export function readVerificationKey(id: string, algorithm: SigningAlgorithm, content: Uint8Array): VerificationKey {
  const key = isSymmetric(algorithm) ? readSecret(content) : readPublic(id, content);
  const why = key === undefined ? 'it is empty' : unfit(algorithm, key);
  if (key === undefined || why !== undefined) throw new Breakage('policy.unavailable', `the verification key ${id} cannot be used: ${why}`);
  return { id, algorithm, key };
}

function readSecret(content: Uint8Array): KeyObject | undefined {
  return content.length === 0 ? undefined : createSecretKey(content);
}

function readPublic(id: string, content: Uint8Array): KeyObject {
  const pem = Buffer.from(content).toString('latin1');
  // A gateway that holds the private key could be made to sign. OpenSSL would derive the public one and say nothing.
  if (/-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----/.test(pem)) {
    throw new Breakage('policy.unavailable', `the verification key ${id} is a private key; give the gateway the public one only`);
  }
  try {
    return pem.includes('-----BEGIN CERTIFICATE-----') ? new X509Certificate(pem).publicKey : createPublicKey(pem);
  } catch (cause) {
    throw new Breakage('policy.unavailable', `the verification key ${id} is not a public key in PEM`, { cause });
  }
}
