import { makeProxyProtocol } from '../listener/proxy-protocol.ts';
import { makeAccept } from '../pipeline/accept/accept.ts';
import { makeAuthenticate } from '../pipeline/authenticate/authenticate.ts';
import { makeChain } from '../pipeline/chain/chain.ts';
import { heedRevocations } from '../pipeline/chain/heed-revocations.ts';
import type { Clock } from '../vocabulary/clock.ts';
import type { Configuration } from '../vocabulary/configuration.ts';
import type { Logger } from '../vocabulary/logger.ts';
import { makeAuthenticators } from './authenticators.ts';
import { makeClientCertificates } from './client-certificates.ts';
import { makeDeviceTokens } from './device-token.ts';
import type { Registry } from './registry.ts';
import { openMint } from './tokens.ts';

export interface CallersNeeds {
  readonly configuration: Configuration;
  readonly registry: Registry;
  readonly newId: () => string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Composes the first three stages: from a socket to the chain of who is behind it, the gateway's own tokens and revocations included. */
export async function makeCallers({ configuration, registry, newId: makeId, clock, logger }: CallersNeeds) {
  const { identity, listen } = configuration;
  const certificates = makeClientCertificates(listen, { clock, logger });
  const proxyProtocol = listen.proxyProtocol === true ? makeProxyProtocol(listen) : undefined;
  const deviceTokens = makeDeviceTokens(configuration.context, { clock, logger });
  const accept = makeAccept({
    ...{ newId: makeId, clock, ...certificates.accept, ...deviceTokens.accept },
    ...(proxyProtocol && { announcedOf: proxyProtocol.announcedOf }),
  });
  const own = await openMint(configuration, { clock, logger });
  const issuers = own === undefined ? identity.issuers : [...identity.issuers, own.issuer];
  const authenticators = makeAuthenticators(issuers, registry, clock, logger);
  const authenticate = makeAuthenticate({
    ...{ authenticators, ...certificates.authenticate, ...deviceTokens.authenticate },
    ...(own && { dpop: own.dpop }),
  });
  const namedChain = makeChain({ issuers, clock, ...certificates.chain, ...deviceTokens.chain });
  const chain = registry.revocations === undefined ? namedChain : heedRevocations(namedChain, registry.revocations.list);
  return { accept, authenticators, authenticate, chain, own, certificates, proxyProtocol };
}
