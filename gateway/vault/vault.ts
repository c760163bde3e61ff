import { Breakage } from '../errors.ts';
import { knowSecret } from '../secret/known.ts';
import type { Clock } from '../vocabulary/clock.ts';
import type { CredentialSource } from '../vocabulary/configuration.ts';
import type { Logger } from '../vocabulary/logger.ts';
import type { Secret } from '../vocabulary/secret.ts';
import { makeEnvironmentVault } from './environment.ts';
import { makeFileVault } from './file.ts';

/** A backend credential as it stands now. */
export interface HeldCredential {
  readonly secret: Secret;
  /** Changes exactly when the value does, and tells nothing of it: for the record. */
  readonly version: string;
  /** When the value came, as far as its source tells: milliseconds since the epoch. */
  readonly since?: number;
}

/** Where backend credentials come from. */
export interface Vault {
  /**
   * Fetches a credential as it stands; a rotated value is given a tenth of a second later at the latest.
   *
   * @param id the credential's id in the catalogue
   * @throws Breakage `credential.backend-unavailable` where there is no such credential, or its source has no usable value
   */
  fetch(id: string): Promise<HeldCredential>;
}

export interface VaultNeeds {
  readonly credentials: ReadonlyMap<string, CredentialSource>;
  /** The process environment, or a part of it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The vault of all sources, which also tells how old what it gives is. */
export interface WatchedVault extends Vault {
  /** Credential id → when the value in use came, or was first used where its source does not tell. Milliseconds since the epoch. */
  since(): ReadonlyMap<string, number>;
}

/** Makes the vault that the configuration describes: each credential id has its own source. */
export function makeVault({ credentials, environment, clock, logger }: VaultNeeds): WatchedVault {
  const variables = new Map<string, string>();
  const files = new Map<string, string>();
  for (const [id, source] of credentials) {
    if (source.source === 'environment') variables.set(id, source.name);
    else files.set(id, source.path);
  }
  const environmentVault = makeEnvironmentVault({ variables, environment });
  const fileVault = makeFileVault({ files, clock, logger });
  async function find(id: string): Promise<HeldCredential> {
    if (variables.has(id)) return environmentVault.fetch(id);
    if (files.has(id)) return fileVault.fetch(id);
    throw new Breakage('credential.backend-unavailable', 'no source is configured for the credential');
  }

  /** The versions that are known to the net that keeps secrets out of records and logs. */
  const known = new Set<string>();
  const since = new Map<string, number>();
  return {
    async fetch(id) {
      const held = await find(id);
      if (!known.has(held.version)) {
        known.add(held.version);
        knowSecret(held.secret.reveal());
        since.set(id, held.since ?? clock.now());
      }
      return held;
    },
    since: () => since,
  };
}
