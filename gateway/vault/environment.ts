import { Breakage } from '../errors.ts';
import { seal } from '../secret.ts';
import type { HeldCredential, Vault } from './vault.ts';
import { nameVersion } from './version.ts';

export interface EnvironmentVaultNeeds {
  /** Credential id → name of the variable. */
  readonly variables: ReadonlyMap<string, string>;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Makes the vault over environment variables. */
export function makeEnvironmentVault({ variables, environment }: EnvironmentVaultNeeds): Vault {
  const held = new Map<string, HeldCredential>();
  return {
    async fetch(id) {
      const name = variables.get(id);
      const value = name === undefined ? undefined : environment[name];
      if (value === undefined || value === '') {
        throw new Breakage('credential.backend-unavailable', 'the environment variable of the credential is not set');
      }
      const known = held.get(id);
      if (known !== undefined && known.secret.reveal() === value) return known;
      const fresh = { secret: seal(value), version: nameVersion(id, value) };
      held.set(id, fresh);
      return fresh;
    },
  };
}
