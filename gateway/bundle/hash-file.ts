import { createHash } from 'node:crypto';
import { Breakage } from '../errors.ts';
import { canonicalJson } from './canonical-json.ts';

/** OPA's names of hash algorithms → OpenSSL's. OPA itself writes SHA-256 only. */
const strong: ReadonlyMap<string, string> = new Map([
  ['SHA-256', 'sha256'],
  ['SHA-384', 'sha384'],
  ['SHA-512', 'sha512'],
  ['SHA-512-256', 'sha512-256'],
]);

/** OPA takes them. MD5 and SHA-1 have collisions; 224 bits are less than the 128-bit strength that the signature has. */
const weak: ReadonlySet<string> = new Set(['MD5', 'SHA-1', 'SHA-224', 'SHA-512-224']);

export type HashStrength = 'strong' | 'weak' | 'unknown';

export function strengthOf(algorithm: string): HashStrength {
  return strong.has(algorithm) ? 'strong' : weak.has(algorithm) ? 'weak' : 'unknown';
}

/** Files that OPA hashes as documents, wherever they lie: white space and the order of keys do not count. All others are hashed as bytes. */
export function isStructured(name: string): boolean {
  return /(?:^|\/)(?:data\.json|data\.ya?ml|\.manifest)$/.test(name);
}

/**
 * The hash of a file as OPA's signatures have it.
 *
 * @param algorithm one of those that are strong
 * @returns lower-case hex
 * @throws Breakage `policy.unavailable` for a document that is not strict JSON, or is YAML
 */
export function hashFile(name: string, content: Uint8Array, algorithm: string): string {
  const openssl = strong.get(algorithm);
  if (openssl === undefined) throw new TypeError(`${algorithm} is not a hash that signatures may use`);
  const hash = createHash(openssl);
  if (!isStructured(name)) return hash.update(content).digest('hex');
  if (!name.endsWith('.json') && !name.endsWith('.manifest')) {
    throw new Breakage('policy.unavailable', 'it is YAML, of which there is no canonical form; opa build writes data as JSON');
  }
  return hash.update(canonicalJson(content), 'utf8').digest('hex');
}
