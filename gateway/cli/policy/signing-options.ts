import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import { signingAlgorithms } from '../../bundle/signing-algorithm.ts';
import { Breakage } from '../../errors.ts';
import type { PolicyIo } from './policy-io.ts';

/** OPA's own name for a key that nobody has named. */
export const defaultKeyId = 'default';

export function algorithmOption(text: string): Option {
  return new Option('--algorithm <name>', text).choices(signingAlgorithms);
}

/** Reads a version of a bundle: a whole number, from 0. */
export function parseVersion(text: string): number {
  const version = Number(text);
  if (!/^[0-9]+$/.test(text) || !Number.isSafeInteger(version)) throw new InvalidArgumentError('Expected a whole number, from 0.');
  return version;
}

/** Reads a file that the user has named. @throws Breakage with a sentence in place of the system's */
export function readNamed(io: PolicyIo, file: string): Buffer {
  try {
    return readFileSync(resolve(io.cwd, file));
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
    throw new Breakage('gateway.error', `${file} cannot be read${code}.`, { cause });
  }
}

/**
 * Tells what went wrong, and sets the exit code: a bundle that the gateway would not load is a finding, all else is about surroundings.
 * @throws what is no Breakage
 */
export function tell(io: PolicyIo, error: unknown): void {
  if (!(error instanceof Breakage)) throw error;
  io.err(`${error.message}\n`);
  io.exit(error.code === 'policy.unavailable' ? 1 : 2);
}
