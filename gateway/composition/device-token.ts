import { randomBytes } from 'node:crypto';
import type { AcceptNeeds } from '../pipeline/accept/accept.ts';
import type { AuthenticateNeeds } from '../pipeline/authenticate/authenticate.ts';
import { makeVerifyDeviceToken } from '../pipeline/authenticate/device-token.ts';
import { makeFetchKeys } from '../pipeline/authenticate/fetch-keys.ts';
import type { ChainNeeds } from '../pipeline/chain/chain.ts';
import type { Clock } from '../vocabulary/clock.ts';
import type { ContextConfiguration } from '../vocabulary/configuration.ts';
import type { Logger } from '../vocabulary/logger.ts';

/** What each stage has to know of device tokens; nothing where none are configured. */
export interface DeviceTokens {
  readonly accept: Pick<AcceptNeeds, 'deviceTokenHeader'>;
  readonly authenticate: Pick<AuthenticateNeeds, 'deviceToken'>;
  readonly chain: Pick<ChainNeeds, 'deviceToken'>;
}

/** Composes how device tokens are found, verified and joined to the chain. */
export function makeDeviceTokens(
  { deviceToken }: Pick<ContextConfiguration, 'deviceToken'>,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): DeviceTokens {
  if (deviceToken === undefined) return { accept: {}, authenticate: {}, chain: {} };
  const verify = makeVerifyDeviceToken({ deviceToken, fetchKeys: makeFetchKeys(), clock, logger, digestKey: randomBytes(32) });
  return { accept: { deviceTokenHeader: deviceToken.header }, authenticate: { deviceToken: verify }, chain: { deviceToken } };
}
