import { createHash } from 'node:crypto';
import { Breakage } from '../errors.ts';
import { type BundleFiles, signaturesFile } from './bundle-files.ts';
import { checkClaims, type SignedClaims } from './check-claims.ts';
import { checkFiles } from './check-files.ts';
import { readSignatures } from './read-signatures.ts';
import type { BundleProblem, Verification } from './verification.ts';
import { verifyToken } from './verify-token.ts';

/** What is known of a bundle whose signature holds. */
export interface VerifiedBundle extends SignedClaims {
  readonly keyId: string;
  readonly content: string;
}

/**
 * Verifies a bundle's signature: that it was made with a configured key, for this scope, for this time, and that its files are those that were
 * signed, no more and no fewer. Nothing of the bundle but the signature has been parsed until the signature holds.
 *
 * @param files of the whole archive, as `unpackBundle` gives them
 * @returns what was signed, or everything that is wrong
 */
export function verifyBundle(
  files: BundleFiles,
  verification: Verification,
): VerifiedBundle | { readonly problems: readonly BundleProblem[] } {
  const text = readSignatures(files);
  if (typeof text !== 'string') return { problems: [text.problem] };
  const token = verifyToken(text, verification.keys);
  if ('problem' in token) return { problems: [{ ...token.problem, file: signaturesFile }] };
  const listed = checkFiles(files, token.payload['files']);
  const content = contentOf(listed.files);
  const claims = checkClaims(token.payload, content, verification);
  const problems = [...claims.problems, ...listed.problems];
  return problems.length > 0 ? { problems } : { ...claims.claims, keyId: token.key.id, content };
}

/**
 * The same where a bundle that does not hold is of no use.
 * @throws Breakage `policy.unavailable`; the message names the first problems
 */
export function requireVerified(files: BundleFiles, verification: Verification): VerifiedBundle {
  const found = verifyBundle(files, verification);
  if (!('problems' in found)) return found;
  const told = found.problems.slice(0, 3).map(describeProblem).join('; ');
  const more = found.problems.length > 3 ? `; and ${found.problems.length - 3} more` : '';
  throw new Breakage('policy.unavailable', `the bundle is not verified: ${told}${more}`);
}

export function describeProblem({ file, message }: BundleProblem): string {
  return file === undefined || file === signaturesFile ? message : `${file}: ${message}`;
}

function contentOf(files: ReadonlyMap<string, string>): string {
  const hash = createHash('sha256');
  for (const name of [...files.keys()].sort()) hash.update(JSON.stringify([name, files.get(name)]));
  return hash.digest('hex');
}
