import { Breakage } from '../errors.ts';
import { type BundleFiles, signaturesFile } from './bundle-files.ts';
import { hashFile, strengthOf } from './hash-file.ts';
import type { BundleProblem } from './verification.ts';

interface ListedFile {
  readonly name: string;
  readonly hash: string;
  readonly algorithm: string;
}

export interface CheckedFiles {
  /** Name → hash with its algorithm, of all files that are listed. */
  readonly files: ReadonlyMap<string, string>;
  readonly problems: readonly BundleProblem[];
}

/**
 * Compares the files of a bundle with those that its signature lists. Every file must be listed and every listed file must be there; a name that is
 * listed twice is refused, for readers differ in which of the two counts.
 *
 * @param list the `files` of a payload whose signature holds
 */
export function checkFiles(files: BundleFiles, list: unknown): CheckedFiles {
  const problems: BundleProblem[] = [];
  const listed = new Map<string, string>();
  if (!Array.isArray(list)) return { files: listed, problems: [{ code: 'malformed', message: 'the signature lists no files' }] };
  for (const entry of list as readonly unknown[]) {
    const problem = isListed(entry)
      ? checkOne(files, listed, entry)
      : malformed('an entry in the list of files has not a name, a hash and an algorithm');
    if (problem !== undefined) problems.push(problem);
  }
  for (const name of files.keys()) {
    if (name === signaturesFile || listed.has(name)) continue;
    problems.push({ code: 'unsigned-file', file: name, message: 'it is in the bundle and not in the signature' });
  }
  return { files: listed, problems };
}

function isListed(entry: unknown): entry is ListedFile {
  if (typeof entry !== 'object' || entry === null) return false;
  const { name, hash, algorithm } = entry as { readonly name?: unknown; readonly hash?: unknown; readonly algorithm?: unknown };
  return typeof name === 'string' && typeof hash === 'string' && typeof algorithm === 'string';
}

function checkOne(files: BundleFiles, listed: Map<string, string>, { name, hash, algorithm }: ListedFile): BundleProblem | undefined {
  if (listed.has(name)) return malformed('it is in the signature twice', name);
  listed.set(name, `${algorithm} ${hash.toLowerCase()}`);
  switch (strengthOf(algorithm)) {
    case 'weak':
      return { code: 'weak-hash', file: name, message: `it is hashed with ${algorithm}, which is too weak; sign with SHA-256` };
    case 'unknown':
      return malformed('it is hashed with an algorithm that is not known', name);
    case 'strong':
  }
  const content = files.get(name);
  if (content === undefined) return { code: 'missing-file', file: name, message: 'it is in the signature and not in the bundle' };
  try {
    if (hashFile(name, content, algorithm) === hash.toLowerCase()) return undefined;
  } catch (error) {
    if (!(error instanceof Breakage)) throw error;
    return { code: 'altered-file', file: name, message: error.message };
  }
  return { code: 'altered-file', file: name, message: 'its content is not what was signed' };
}

function malformed(message: string, file?: string): BundleProblem {
  return { code: 'malformed', message, ...(file === undefined ? {} : { file }) };
}
