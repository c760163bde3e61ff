import { randomBytes } from 'node:crypto';
import type { Authenticator } from '../pipeline/authenticate/authenticate.ts';
import { makeFetchKeys } from '../pipeline/authenticate/fetch-keys.ts';
import { makeJwtAuthenticator } from '../pipeline/authenticate/jwt.ts';
import { makeVirtualKeyAuthenticator } from '../pipeline/authenticate/virtual-key.ts';
import { makeKeyFile } from '../registry/key-file.ts';
import { readPepper } from '../registry/pepper.ts';
import type { Clock } from '../vocabulary/clock.ts';
import type { Configuration } from '../vocabulary/configuration.ts';
import type { Logger } from '../vocabulary/logger.ts';

/** Composes the ways to prove who calls, as configured. */
export function makeAuthenticators(identity: Configuration['identity'], clock: Clock, logger: Logger): readonly Authenticator[] {
  const { issuers, keys } = identity;
  return [
    makeVirtualKeyAuthenticator(
      keys === undefined
        ? undefined
        : { keys: makeKeyFile({ path: keys.file, clock, logger }), pepper: readPepper(keys.pepperFile), clock },
    ),
    makeJwtAuthenticator({ issuers, fetchKeys: makeFetchKeys(), clock, logger, digestKey: randomBytes(32) }),
  ];
}
