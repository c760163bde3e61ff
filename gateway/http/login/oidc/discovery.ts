import { readFileSync } from 'node:fs';
import { createRemoteJWKSet, type JWTVerifyGetKey, customFetch as joseFetch } from 'jose';
import * as client from 'openid-client';
import { Breakage } from '../../../errors.ts';
import type { Clock } from '../../../vocabulary/clock.ts';
import type { OidcProvider } from '../../../vocabulary/login.ts';
import { makeProviderFetch } from './fetch.ts';

/** A provider's metadata, checked, with the keys that it signs with. */
export interface Discovered {
  readonly configuration: client.Configuration;
  readonly keys: JWTVerifyGetKey;
}

export interface Discovery {
  /** @throws Breakage `login.provider-unavailable` */
  get(): Promise<Discovered>;
  /** The metadata as far as it is known at this moment. */
  known(): Discovered | undefined;
}

/** How long metadata are gone by. A failure is tried again at the next login. */
const freshMs = 10 * 60_000;
/** An unknown key id makes the keys be fetched again, but not more often than this: anybody can write a key id. */
const keysCooldownMs = 10_000;

/**
 * Makes the reader of a provider's metadata (OpenID Connect Discovery 1.0): fetched when first needed, so that a provider that is away does not keep
 * the gateway from starting. The issuer is compared exactly by openid-client.
 */
export function makeDiscovery(provider: OidcProvider, clock: Pick<Clock, 'monotonic'>): Discovery {
  const fetch = makeProviderFetch(provider.ca);
  let current: Discovered | undefined;
  let staleAt = Number.NEGATIVE_INFINITY;
  let under: Promise<Discovered> | undefined;

  async function discover(): Promise<Discovered> {
    try {
      const secret = provider.clientSecretFile === undefined ? undefined : readFileSync(provider.clientSecretFile, 'utf8').trim();
      const configuration = await client.discovery(
        new URL(provider.issuer),
        provider.clientId,
        { [client.clockTolerance]: provider.clockSkewSeconds, ...(secret === undefined ? {} : { client_secret: secret }) },
        authentication(provider, secret),
        {
          [client.customFetch]: fetch as client.CustomFetch,
          // The configuration allows plain http to this machine only, and so does the fetch.
          execute: provider.issuer.startsWith('http:') ? [client.allowInsecureRequests] : [],
        },
      );
      const { jwks_uri: address } = configuration.serverMetadata();
      if (address === undefined) throw new Error('the metadata name no keys');
      const keys = createRemoteJWKSet(new URL(address), { [joseFetch]: fetch, cooldownDuration: keysCooldownMs });
      current = { configuration, keys };
      staleAt = clock.monotonic() + freshMs;
      return current;
    } catch (cause) {
      throw new Breakage('login.provider-unavailable', `The metadata of the provider ${provider.alias} cannot be read.`, { cause });
    }
  }

  return {
    known: () => current,
    get() {
      if (current !== undefined && clock.monotonic() < staleAt) return Promise.resolve(current);
      under ??= discover().finally(() => {
        under = undefined;
      });
      return under;
    },
  };
}

function authentication({ clientAuthentication }: OidcProvider, secret: string | undefined): client.ClientAuth {
  if (secret === undefined) return client.None();
  return clientAuthentication === 'client_secret_post' ? client.ClientSecretPost(secret) : client.ClientSecretBasic(secret);
}
