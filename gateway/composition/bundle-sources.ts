import { makeAuthorization, type ReadSecret, writeBasic } from '../rollout/http/authorization.ts';
import { type HttpClient, makeHttpClient } from '../rollout/http/client.ts';
import { makeRegistryToken } from '../rollout/http/registry-token.ts';
import { makeDirectorySource } from '../rollout/sources/directory.ts';
import { makeFileSource } from '../rollout/sources/file.ts';
import { makeHttpSource } from '../rollout/sources/http.ts';
import { makeOciSource } from '../rollout/sources/oci.ts';
import type { Source } from '../rollout/sources/source.ts';
import { makeVault } from '../vault/vault.ts';
import type { BundleConfiguration, BundleSourceConfiguration, HttpAccessConfiguration } from '../vocabulary/bundles.ts';
import type { Clock } from '../vocabulary/clock.ts';
import type { CredentialSource } from '../vocabulary/configuration.ts';
import type { Logger } from '../vocabulary/logger.ts';

export interface SourceNeeds {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** As they come over the wire. What they inflate to has a limit of its own. */
const maxBundleBytes = 64 * 1024 * 1024;

/** Composes the source of one bundle. */
export function makeSource({ source }: Pick<BundleConfiguration, 'source'>, needs: SourceNeeds): Source {
  const { clock, logger } = needs;
  switch (source.kind) {
    case 'file':
      return makeFileSource({ path: source.path, maxBytes: maxBundleBytes, logger });
    case 'directory':
      return makeDirectorySource({ path: source.path, maxBytes: maxBundleBytes, logger });
    case 'http': {
      const { url, longPollSeconds, access } = source;
      return makeHttpSource({ url, longPollSeconds, maxBytes: access.maxBytes, clock, call: makeClient(access, needs) });
    }
    case 'oci':
      return makeRegistrySource(source, needs);
  }
}

/** Composes the client of one server with its credential. */
export function makeClient(access: HttpAccessConfiguration, needs: SourceNeeds): HttpClient {
  const { authorization } = access;
  if (authorization === undefined) return makeHttpClient({ access });
  const readSecret = makeReadSecret(needs);
  // What goes to the token service is neither the bundle server's certificate nor its token.
  const { clientCertificate: _own, ...plain } = access;
  const call = makeHttpClient({ access: plain });
  return makeHttpClient({ access, authorization: makeAuthorization({ authorization, readSecret, call, clock: needs.clock }) });
}

function makeRegistrySource(source: BundleSourceConfiguration & { readonly kind: 'oci' }, needs: SourceNeeds): Source {
  const { repository, reference, access } = source;
  const { clock } = needs;
  const registry = new URL(`${access.insecureHttp ? 'http' : 'https'}://${source.registry}`);
  const own = { registry, repository, reference, maxBytes: access.maxBytes };
  const { authorization } = access;
  // A token that was given is shown to the registry; a name and a password buy one there.
  if (authorization?.scheme === 'bearer') return makeOciSource({ ...own, call: makeClient(access, needs) });
  const readSecret = makeReadSecret(needs);
  const token = makeRegistryToken({
    registry,
    repository,
    otherHosts: access.otherHosts,
    ...(authorization?.scheme === 'basic'
      ? { readCredential: async () => writeBasic(authorization.username, (await readSecret(authorization.password)).reveal()) }
      : {}),
    call: makeHttpClient({ access }),
    clock,
  });
  return makeOciSource({ ...own, call: makeHttpClient({ access, authorization: token }) });
}

/** Secrets of sources are read by the same means as those of backends. */
function makeReadSecret({ environment, clock, logger }: SourceNeeds): ReadSecret {
  return async (source: CredentialSource) => {
    const vault = makeVault({ credentials: new Map([['bundle', source]]), environment, clock, logger });
    return (await vault.fetch('bundle')).secret;
  };
}
