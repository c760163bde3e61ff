import { randomBytes } from 'node:crypto';
import type { Authenticator } from '../pipeline/authenticate/authenticate.ts';
import { makeFetchKeys } from '../pipeline/authenticate/fetch-keys.ts';
import { makeJwtAuthenticator } from '../pipeline/authenticate/jwt.ts';
import { makeVirtualKeyAuthenticator } from '../pipeline/authenticate/virtual-key.ts';
import type { Clock } from '../vocabulary/clock.ts';
import type { IssuerConfiguration } from '../vocabulary/configuration.ts';
import type { Logger } from '../vocabulary/logger.ts';
import type { Registry } from './registry.ts';

/** Composes the ways to prove who calls, as configured. */
export function makeAuthenticators(
  issuers: readonly IssuerConfiguration[],
  { keys }: Registry,
  clock: Clock,
  logger: Logger,
): readonly Authenticator[] {
  return [
    makeVirtualKeyAuthenticator(keys && { keys: keys.ring, pepper: keys.pepper, used: keys.uses.note, clock }),
    makeJwtAuthenticator({ issuers, fetchKeys: makeFetchKeys(), clock, logger, digestKey: randomBytes(32) }),
  ];
}
