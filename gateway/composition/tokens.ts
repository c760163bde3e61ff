import { randomBytes } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { isRefusal } from '../errors.ts';
import type { Authorize } from '../http/admin/authorize.ts';
import { makeMemoryShelf } from '../http/login/stores/memory.ts';
import { makeTokens, type TokensNeeds } from '../http/tokens/tokens.ts';
import { type Mint, makeMint } from '../mint/mint.ts';
import { openSigningKeys, publicKeysName, type SigningKeys } from '../mint/signing-keys.ts';
import type { Accept } from '../pipeline/accept/accept.ts';
import { type AuthenticateNeeds, makeAuthenticate } from '../pipeline/authenticate/authenticate.ts';
import { type Dpop, makeDpop } from '../pipeline/authenticate/dpop.ts';
import type { makeChain } from '../pipeline/chain/chain.ts';
import { ownAlias } from '../pipeline/chain/own-token.ts';
import type { makeContext } from '../pipeline/collect/context/context.ts';
import type { Clock } from '../vocabulary/clock.ts';
import type { Configuration, IssuerConfiguration } from '../vocabulary/configuration.ts';
import type { Logger } from '../vocabulary/logger.ts';
import type { Headed } from '../vocabulary/request.ts';
import type { Sessions, Shelf } from '../vocabulary/session.ts';
import type { TokenConfiguration } from '../vocabulary/tokens.ts';
import type { Registry } from './registry.ts';

/** The gateway's own mint, and how its tokens are verified at the data port. */
export interface OwnTokens {
  readonly tokens: TokenConfiguration;
  readonly keys: SigningKeys;
  readonly mint: Mint;
  readonly dpop: Dpop;
  /** Verified like those of any other issuer, from the published half of the keys. */
  readonly issuer: IssuerConfiguration;
}

const skewSeconds = 5;

/** Opens the mint, where tokens are configured. @throws Breakage `tokens.unavailable` where its keys cannot be read or made */
export async function openMint(
  { tokens }: Configuration,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): Promise<OwnTokens | undefined> {
  if (tokens === undefined) return undefined;
  const { issuer, audience, algorithm, keysDirectory, accessSeconds, maxActors } = tokens;
  const keys = await openSigningKeys({ directory: keysDirectory, algorithm, longestLifeSeconds: accessSeconds, clock, logger });
  return {
    tokens,
    keys,
    mint: makeMint({ tokens, keys, clock }),
    dpop: makeDpop({ origins: [issuer], clock }),
    issuer: {
      ...{ alias: ownAlias, issuer, audiences: [audience], algorithms: [algorithm], types: ['at+jwt'], maxActors, claims: [] },
      jwks: { file: join(keysDirectory, publicKeysName) },
      clockSkewSeconds: skewSeconds,
      maxLifetimeSeconds: accessSeconds,
      // Not used: the chain reads the token's own chain back.
      subject: { kind: 'person', kinds: {}, id: 'sub', groupRoles: {} },
    },
  };
}

export interface TokenDoorNeeds {
  readonly configuration: Configuration;
  readonly own: OwnTokens;
  readonly accept: Accept;
  readonly authenticators: AuthenticateNeeds['authenticators'];
  readonly registry: Pick<Registry, 'revocations'>;
  readonly log: TokensNeeds['log'];
  readonly contextOf: ReturnType<typeof makeContext>;
  readonly authenticate: ReturnType<typeof makeAuthenticate>;
  readonly chain: ReturnType<typeof makeChain>;
  readonly authorize: Authorize;
  /** People's logins and where they are kept; without them tokens are only exchanged. */
  readonly login?: { readonly sessions: Sessions; readonly shelf: Shelf };
  readonly newId: () => string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly certificates?: AuthenticateNeeds['certificates'];
}

/** The endpoints of the mint: prefix of the path → who serves what is below it. */
export function makeTokenDoors(needs: TokenDoorNeeds): { readonly pages: ReadonlyMap<string, RequestListener>; close(): void } {
  const { configuration, own, login, certificates, authenticators, registry, ...shared } = needs;
  const { door, close } = makeTokens({
    ...shared,
    ...{ labels: configuration.labels, anonymousPerSecond: configuration.record.anonymousPerSecond, ownAlias },
    authenticateToken: makeAuthenticate({ authenticators }),
    ...(registry.revocations === undefined ? {} : { revocations: registry.revocations.store }),
    ...{ tokens: own.tokens, mint: own.mint, keys: own.keys, dpop: own.dpop, randomBytes },
    shelf: login?.shelf ?? makeMemoryShelf(shared),
    ...(login === undefined ? {} : { sessions: login.sessions }),
    ...(certificates === undefined ? {} : { certificateOf: (headed: Headed) => provedThumbprint(certificates, headed) }),
  });
  const pages = new Map([
    ['/auth/oauth/', door],
    ['/.well-known/oauth-authorization-server', door],
  ]);
  return { pages, close };
}

/** Of a certificate that holds and names a workload: the token is then good with that certificate only (RFC 8705 section 3). */
function provedThumbprint({ judge }: NonNullable<AuthenticateNeeds['certificates']>, { certificate }: Headed): string | undefined {
  const proof = certificate === undefined ? undefined : judge(certificate);
  return proof === undefined || isRefusal(proof) || proof.use !== 'workload' ? undefined : proof.thumbprint;
}
