import type { TokenConfiguration } from '../vocabulary/tokens.ts';
import type { ConfigurationFile } from './schema.ts';

/** Converts how the gateway makes tokens of its own. */
export function convertTokens(tokens: NonNullable<ConfigurationFile['tokens']>, resolve: (path: string) => string): TokenConfiguration {
  return {
    issuer: tokens.issuer,
    audience: tokens.audience,
    algorithm: tokens.algorithm,
    keysDirectory: resolve(tokens.keys_directory),
    accessSeconds: tokens.access_seconds,
    maxActors: tokens.max_actors,
  };
}
