import { createPrivateKey, createSecretKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { BundleFiles } from '../../gateway/bundle/bundle-files.ts';
import { type SigningClaims, signBundle } from '../../gateway/bundle/sign-bundle.ts';
import type { Verification } from '../../gateway/bundle/verification.ts';
import { readVerificationKey, type VerificationKey } from '../../gateway/bundle/verification-key.ts';
import type { SigningAlgorithm } from '../../gateway/vocabulary/verification.ts';

/** 2026-03-01T12:00:00Z. */
export const now = 1_772_366_400_000;

export interface Pair {
  readonly algorithm: SigningAlgorithm;
  /** Private key in PEM, or the secret. */
  readonly signing: string;
  /** Public key in PEM, or the secret. */
  readonly verifying: string;
}

const made = new Map<SigningAlgorithm, Pair>();

/** A key for an algorithm; the same one each time. */
export function pairFor(algorithm: SigningAlgorithm): Pair {
  const known = made.get(algorithm);
  if (known !== undefined) return known;
  const pair = makePair(algorithm);
  made.set(algorithm, pair);
  return pair;
}

export function makePair(algorithm: SigningAlgorithm): Pair {
  if (algorithm.startsWith('HS')) {
    const secret = `a secret of the tests, ${'long enough for any hash '.repeat(2)}`;
    return { algorithm, signing: secret, verifying: secret };
  }
  const curve = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' }[algorithm as string];
  const { publicKey, privateKey } =
    algorithm === 'EdDSA'
      ? generateKeyPairSync('ed25519')
      : curve !== undefined
        ? generateKeyPairSync('ec', { namedCurve: curve })
        : generateKeyPairSync('rsa', { modulusLength: 2048 });
  return {
    algorithm,
    signing: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    verifying: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
}

export function keyOf({ algorithm, signing }: Pair): KeyObject {
  return algorithm.startsWith('HS') ? createSecretKey(Buffer.from(signing)) : createPrivateKey(signing);
}

export function verificationKey(pair: Pair, id = 'release'): VerificationKey {
  return readVerificationKey(id, pair.algorithm, Buffer.from(pair.verifying));
}

export const claims: SigningClaims = {
  keyId: 'release',
  scope: 'write',
  version: 7,
  issuedAt: now / 1000 - 60,
  expiresAt: now / 1000 + 3600,
};

/** What `claims` are accepted by. */
export function verificationOf(pair: Pair, changes: Partial<Verification> = {}): Verification {
  return { keys: [verificationKey(pair)], scope: 'write', now, allowDowngrade: false, ...changes };
}

/** A small bundle, unsigned. */
export function smallFiles(): Map<string, Uint8Array> {
  return new Map(
    Object.entries({
      'data.json': '{"roles": {"b": 1.0, "a": [1e3, "\\u2028é", null, true]}}',
      'gateway/decision/answer.rego': 'package gateway.decision\n',
      'policy.wasm': '\0asm\u0001\0\0\0',
      '.manifest': '{"revision": "r7", "roots": [""]}',
    }).map(([name, text]) => [name, Buffer.from(text)]),
  );
}

export function signed(pair: Pair, changes: Partial<SigningClaims> = {}, files: BundleFiles = smallFiles()): Map<string, Uint8Array> {
  return new Map(signBundle(files, { algorithm: pair.algorithm, key: keyOf(pair) }, { ...claims, ...changes }));
}
