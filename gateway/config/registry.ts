import type { IdentityConfiguration } from '../vocabulary/configuration.ts';
import type { ConfigurationFile } from './schema.ts';

type Registry = Pick<IdentityConfiguration, 'keys' | 'revocations' | 'database'>;

/** Converts where callers' keys and revocations are kept. */
export function convertRegistry(
  { keys, revocations, database }: ConfigurationFile['identity'],
  resolve: (path: string) => string,
): Registry {
  return {
    ...(keys === undefined
      ? {}
      : { keys: { pepperFile: resolve(keys.pepper_file), ...(keys.file === undefined ? {} : { file: resolve(keys.file) }) } }),
    ...(revocations === undefined ? {} : { revocations: { file: resolve(revocations.file) } }),
    ...(database === undefined
      ? {}
      : {
          database: {
            url:
              'file' in database.url
                ? { source: 'file', path: resolve(database.url.file) }
                : { source: 'environment', name: database.url.environment },
            maxStalenessMs: database.max_staleness_seconds * 1000,
            ...(database.ca === undefined ? {} : { ca: resolve(database.ca) }),
          },
        }),
  };
}
