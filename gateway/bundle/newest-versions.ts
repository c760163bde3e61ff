import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Breakage } from '../errors.ts';
import { jsonProblem } from '../json/scan.ts';
import type { SignedContent } from './verification.ts';

/** The newest version that each bundle has been active with, kept over restarts. */
export interface NewestVersions {
  /** @throws Breakage `policy.unavailable` where the file is there and cannot be believed */
  of(bundle: string): SignedContent | undefined;
  /**
   * Notes that a bundle is about to be active. Of a version that is not higher nothing changes, so a downgrade that was allowed is not forgotten to
   * be one. To be called before the bundle is: a version that could not be kept could be taken back by a restart.
   * @throws Breakage `policy.unavailable` where it cannot be written
   */
  raise(bundle: string, active: SignedContent): void;
}

/**
 * Keeps the versions in a small JSON file: bundle → version and content. Whoever can write it can let an old bundle in, so only its owner may.
 * A file that is damaged is an error and never "no version": taking it away is a decision for a person.
 */
export function makeNewestVersions(path: string): NewestVersions {
  function read(): Map<string, SignedContent> {
    const text = readIfThere(path);
    return text === undefined ? new Map() : new Map(Object.entries(parse(text, path)));
  }

  return {
    of: (bundle) => read().get(bundle),
    raise(bundle, { version, content }) {
      const versions = read();
      if (version <= (versions.get(bundle)?.version ?? -1)) return;
      versions.set(bundle, { version, content });
      try {
        writeDurably(path, `${JSON.stringify(Object.fromEntries(versions), null, 2)}\n`);
      } catch (cause) {
        throw new Breakage('policy.unavailable', `the version of the bundle cannot be kept in ${path}${codeOf(cause)}`, { cause });
      }
    },
  };
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (cause) {
    if (codeOf(cause) === ' (ENOENT)') return undefined;
    throw new Breakage('policy.unavailable', `the versions of bundles in ${path} cannot be read${codeOf(cause)}`, { cause });
  }
}

function parse(text: Buffer, path: string): Record<string, SignedContent> {
  const value: unknown = jsonProblem(text) === undefined ? JSON.parse(text.toString()) : undefined;
  if (typeof value === 'object' && value !== null && Object.values(value).every(isSignedContent))
    return value as Record<string, SignedContent>;
  throw new Breakage(
    'policy.unavailable',
    `${path} is damaged, so that a downgrade could not be told; delete it only if the bundle in place is known to be the newest`,
  );
}

function isSignedContent(value: unknown): value is SignedContent {
  const { version, content } = (value ?? {}) as Partial<SignedContent>;
  return Number.isSafeInteger(version) && typeof content === 'string';
}

function writeDurably(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}.tmp`;
  try {
    const file = openSync(draft, 'w', 0o600);
    try {
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(draft, path);
  } finally {
    rmSync(draft, { force: true });
  }
  // The new name is durable once the folder is.
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
}
