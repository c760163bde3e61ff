import { createHmac, type KeyObject, sign } from 'node:crypto';
import { Breakage } from '../errors.ts';
import type { SigningAlgorithm } from '../vocabulary/verification.ts';
import { type BundleFiles, signaturesFile } from './bundle-files.ts';
import { versionClaim } from './check-claims.ts';
import { hashFile } from './hash-file.ts';
import { cryptoOptions, digestOfAlgorithm, isSymmetric } from './signing-algorithm.ts';

/** What is said of a bundle under its signature. Times are seconds of the Unix epoch. */
export interface SigningClaims {
  readonly keyId: string;
  /** `''` for none. */
  readonly scope: string;
  readonly version: number;
  readonly issuedAt: number;
  readonly expiresAt?: number;
  readonly issuer?: string;
}

export interface SigningKey {
  readonly algorithm: SigningAlgorithm;
  /** Private, or a secret for HS. */
  readonly key: KeyObject;
}

/**
 * Signs the files of a bundle as `opa sign` does, so that OPA verifies the signature, with the claims of ours that OPA passes over. An earlier
 * signature is replaced.
 *
 * @returns the files with `.signatures.json` as the last
 * @throws Breakage `policy.unavailable` for a file that has no hash; the message names it
 */
export function signBundle(files: BundleFiles, { algorithm, key }: SigningKey, claims: SigningClaims): BundleFiles {
  const unsigned = new Map(files);
  unsigned.delete(signaturesFile);
  const header = { alg: algorithm, kid: claims.keyId, typ: 'JWT' };
  const payload = {
    files: [...unsigned].map(([name, content]) => ({ name, hash: hashNamed(name, content), algorithm: 'SHA-256' })),
    iat: claims.issuedAt,
    ...(claims.expiresAt !== undefined && { exp: claims.expiresAt }),
    ...(claims.issuer !== undefined && { iss: claims.issuer }),
    // Deprecated in OPA in favour of the header's kid, yet older releases read nothing else.
    keyid: claims.keyId,
    ...(claims.scope !== '' && { scope: claims.scope }),
    [versionClaim]: claims.version,
  };
  const signed = `${encode(header)}.${encode(payload)}`;
  const token = `${signed}.${makeSignature(Buffer.from(signed), algorithm, key).toString('base64url')}`;
  return unsigned.set(signaturesFile, Buffer.from(`${JSON.stringify({ signatures: [token] }, null, 1)}\n`));
}

function hashNamed(name: string, content: Uint8Array): string {
  try {
    return hashFile(name, content, 'SHA-256');
  } catch (error) {
    if (!(error instanceof Breakage)) throw error;
    throw new Breakage(error.code, `${name} cannot be signed: ${error.message}`, { cause: error });
  }
}

function makeSignature(signed: Buffer, algorithm: SigningAlgorithm, key: KeyObject): Buffer {
  const digest = digestOfAlgorithm(algorithm);
  if (!isSymmetric(algorithm)) return sign(digest, signed, cryptoOptions(algorithm, key));
  return createHmac(digest ?? '', key)
    .update(signed)
    .digest();
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
