import { readFileSync } from 'node:fs';
import { Breakage } from '../errors.ts';
import type { Revocations } from '../pipeline/chain/heed-revocations.ts';
import { makeFileKeyStore } from '../registry/file-key-store.ts';
import { makeFileRevocations } from '../registry/file-revocations.ts';
import { makeKeyFile } from '../registry/key-file.ts';
import type { KeyRing } from '../registry/key-ring.ts';
import type { KeyStore } from '../registry/key-store.ts';
import { type Pepper, readPepper } from '../registry/pepper.ts';
import { makePostgresRegistry } from '../registry/postgres-registry.ts';
import type { RevocationStore } from '../registry/revocation.ts';
import { makeUses, type Uses } from '../registry/uses.ts';
import type { Clock } from '../vocabulary/clock.ts';
import type { CredentialSource, IdentityConfiguration } from '../vocabulary/configuration.ts';
import type { Logger } from '../vocabulary/logger.ts';

/** What the gateway keeps of callers' credentials, as configured. */
export interface Registry {
  readonly keys?: { readonly ring: KeyRing; readonly store: KeyStore; readonly pepper: Pepper; readonly uses: Uses };
  readonly revocations?: { readonly list: Revocations; readonly store: RevocationStore };
  /** Seconds since the database was last heard of; absent where there is none. */
  readonly ageSeconds?: () => number | undefined;
  start(): Promise<void>;
  close(): Promise<void>;
}

export interface RegistryNeeds {
  readonly identity: Pick<IdentityConfiguration, 'keys' | 'revocations' | 'database'>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The file of keys holds others than before. */
  readonly onKeysChanged: (path: string, keys: number) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Composes the registry: files for one node, PostgreSQL for many. */
export function makeRegistry({ identity, environment, onKeysChanged, clock, logger }: RegistryNeeds): Registry {
  const { keys, database } = identity;
  const shared = database && makePostgresRegistry({ ...database, url: readUrl(database.url, environment), clock, logger });
  const ringAndStore =
    keys && (shared ? { ring: shared.keys, store: shared.keys } : openKeyFile(keys.file, { onKeysChanged, clock, logger }));
  const uses = ringAndStore && makeUses({ store: ringAndStore.store, clock, logger });
  const revocations = shared?.revocations ?? openRevocations(identity.revocations?.file, clock, logger);
  return {
    ...(keys && ringAndStore && uses ? { keys: { ...ringAndStore, pepper: readPepper(keys.pepperFile), uses } } : {}),
    ...(revocations === undefined ? {} : { revocations: { list: revocations, store: revocations } }),
    ...(shared === undefined ? {} : { ageSeconds: () => shared.ageSeconds() }),
    async start() {
      await shared?.start();
    },
    async close() {
      await uses?.close();
      await shared?.close();
    },
  };
}

function openKeyFile(
  path: string | undefined,
  { onKeysChanged, clock, logger }: Pick<RegistryNeeds, 'onKeysChanged' | 'clock' | 'logger'>,
): { readonly ring: KeyRing; readonly store: KeyStore } {
  if (path === undefined) throw new Breakage('gateway.error', 'identity.keys has neither a file nor a database');
  const file = makeKeyFile({ path, onChange: (keys) => onKeysChanged(path, keys), clock, logger });
  return { ring: file, store: makeFileKeyStore({ path, changed: file.refresh }) };
}

function openRevocations(path: string | undefined, clock: Clock, logger: Logger) {
  return path === undefined ? undefined : makeFileRevocations({ path, clock, logger });
}

/** The URL holds a password: it comes from where secrets come from, and goes nowhere else. */
function readUrl(source: CredentialSource, environment: Readonly<Record<string, string | undefined>>): string {
  const text = source.source === 'file' ? readFileSync(source.path, 'utf8').trim() : environment[source.name];
  if (text === undefined || text === '') throw new Breakage('gateway.error', 'identity.database.url: its source holds nothing');
  return text;
}
