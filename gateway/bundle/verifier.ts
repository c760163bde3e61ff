import { readFileSync } from 'node:fs';
import { Breakage } from '../errors.ts';
import type { Clock } from '../vocabulary/clock.ts';
import type { VerificationConfiguration, VerificationKeyConfiguration } from '../vocabulary/verification.ts';
import { makeNewestVersions } from './newest-versions.ts';
import type { Verification } from './verification.ts';
import { readVerificationKey, type VerificationKey } from './verification-key.ts';
import type { VerifiedBundle } from './verify-bundle.ts';

export interface VerifierNeeds extends VerificationConfiguration {
  readonly clock: Pick<Clock, 'now'>;
}

/** What a gateway demands of the signatures of its bundles. */
export interface Verifier {
  /**
   * What a bundle must be verified against now. It can cross to a thread.
   * @param name the bundle's; each has versions of its own
   * @param downgrade whether somebody has told, for this one time, that an older version is meant
   * @throws Breakage `policy.unavailable` where a key, or the file of the versions, cannot be used
   */
  demand(name: string, downgrade?: boolean): Verification;
  /**
   * Keeps the version of a bundle that has been verified and is about to be active.
   * @throws Breakage `policy.unavailable` where it cannot be kept; then the bundle must not become active
   */
  keep(name: string, verified: VerifiedBundle): void;
}

/** Makes the verifier of a configuration. Key files are read at each demand, so that a key can be replaced while the gateway runs. */
export function makeVerifier({ keys, scope, allowDowngrade, versionsFile, clock }: VerifierNeeds): Verifier {
  const versions = makeNewestVersions(versionsFile);
  return {
    demand(name, downgrade = false) {
      const newest = versions.of(name);
      return {
        keys: keys.map(readKey),
        scope,
        now: clock.now(),
        allowDowngrade: allowDowngrade || downgrade,
        ...(newest !== undefined && { newest }),
      };
    },
    keep(name, { version, content }) {
      if (version !== undefined) versions.raise(name, { version, content });
    },
  };
}

function readKey({ id, algorithm, path }: VerificationKeyConfiguration): VerificationKey {
  let content: Buffer;
  try {
    content = readFileSync(path);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
    throw new Breakage('policy.unavailable', `the verification key ${id} cannot be read from ${path}${code}`, { cause });
  }
  return readVerificationKey(id, algorithm, content);
}
