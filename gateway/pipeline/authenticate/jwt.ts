import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { readSpiffeId } from '../../certificates/spiffe-id.ts';
import { Breakage, type Refusal, refuse } from '../../errors.ts';
import type { Clock } from '../../vocabulary/clock.ts';
import type { IssuerConfiguration } from '../../vocabulary/configuration.ts';
import type { Logger } from '../../vocabulary/logger.ts';
import type { JwtProof } from '../../vocabulary/proofs.ts';
import type { Authenticator } from './authenticate.ts';
import type { FetchKeys } from './fetch-keys.ts';
import type { KeySet } from './jwks.ts';
import { makeFileKeySet } from './jwks-file.ts';
import { type KeySetTimes, makeRemoteKeySet } from './jwks-remote.ts';
import { refuseClaims } from './jwt-claims.ts';
import { hasTwoDots, isCompact, type JwtParts, readParts } from './jwt-parts.ts';
import { verifySignature } from './signature.ts';
import { digestToken, makeTokenCache } from './token-cache.ts';
import { refuseTokenType } from './token-type.ts';
import { refuseKind } from './workload-claims.ts';

export interface JwtNeeds {
  readonly issuers: readonly IssuerConfiguration[];
  readonly fetchKeys: FetchKeys;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Key of the digest that names a token without `jti` on the record. 32 random bytes; a new one at each start changes those names. */
  readonly digestKey: Uint8Array;
  /** Asked at every use, for cached tokens too. */
  readonly isRevoked?: (proof: JwtProof) => boolean;
  /** Tokens that are remembered as verified. */
  readonly cacheCapacity?: number;
  readonly keySetTimes?: Partial<KeySetTimes>;
}

interface Issuer {
  readonly configuration: IssuerConfiguration;
  readonly algorithms: string[];
  readonly types: ReadonlySet<string>;
  readonly keySet: KeySet;
}

const asymmetric = /^((RS|PS|ES)(256|384|512)|EdDSA|Ed25519)$/;
const longestTrustMs = 300_000;

/**
 * Makes the authenticator of JWT bearer tokens (RFC 7519, 8725, 9068) of any number of issuers. A verified token is remembered until it expires,
 * five minutes have passed, or the issuer's keys have changed.
 *
 * @returns proof, or `credential.invalid`, `credential.expired`, `credential.revoked`, `credential.issuer-unavailable`; `undefined` for what is
 *   no JWT
 * @throws Breakage where an issuer's algorithms are not all asymmetric: with `none` or HS256 the public key would be enough to sign
 */
export function makeJwtAuthenticator(needs: JwtNeeds): Authenticator {
  const { clock, logger, isRevoked } = needs;
  const digestKey = createSecretKey(needs.digestKey);
  const issuers = new Map(needs.issuers.map((issuer) => [issuer.issuer, prepareIssuer(issuer, needs)]));
  const keySets = new Map(needs.issuers.map((issuer) => [issuer.alias, issuers.get(issuer.issuer)?.keySet]));
  const cache = makeTokenCache(needs.cacheCapacity ?? 10_000);

  function recall(digest: string): JwtProof | undefined {
    const known = cache.get(digest);
    if (known === undefined) return undefined;
    if (clock.now() < known.until && keySets.get(known.proof.issuer)?.revision() === known.keys) return known.proof;
    cache.remove(digest);
    return undefined;
  }

  async function verify(token: string, digest: string): Promise<JwtProof | Refusal> {
    const parts = readParts(token);
    if (parts === undefined) return invalid('a header or claims set that is not one unambiguous JSON object');
    const issuer = findIssuer(parts.claims);
    if (issuer === undefined) return invalid('the issuer is not a configured one');
    const signed = refuseHeader(parts, issuer) ?? (await checkSignature(token, issuer));
    if ('kind' in signed) return signed;
    // Two decoders have read the payload, ours and the library's. What was signed must be what is used.
    if (!parts.payload.equals(signed.payload)) return invalid('the payload is not in canonical base64url');
    const { configuration, types } = issuer;
    const refusal =
      refuseTokenType(parts, types) ??
      refuseClaims(parts.claims, configuration, clock.now() / 1000) ??
      refuseKind(parts.claims, configuration);
    if (refusal !== undefined) return refusal;
    const proof: JwtProof = { method: 'jwt', issuer: configuration.alias, claims: parts.claims, digest: nameToken(token, digestKey) };
    const until = Math.min(Number(parts.claims['exp']) * 1000, clock.now() + longestTrustMs);
    cache.put(digest, { proof, until, keys: signed.keys });
    return proof;
  }

  /** A JWT-SVID need not name its issuer: its subject says the trust domain, and the signature whether that is so. */
  function findIssuer({ iss, sub }: JwtParts['claims']): Issuer | undefined {
    const named = typeof iss === 'string' ? issuers.get(iss) : undefined;
    const domain = typeof sub === 'string' ? readSpiffeId(sub)?.trustDomain : undefined;
    return named ?? (domain === undefined ? undefined : issuers.get(`spiffe://${domain}`));
  }

  async function checkSignature(token: string, issuer: Issuer): Promise<{ readonly payload: Uint8Array; readonly keys: number } | Refusal> {
    let keys = await issuer.keySet.current();
    if (keys === undefined) return refuse('credential.issuer-unavailable');
    let payload = await verifySignature(token, keys, issuer.algorithms, logger);
    if (payload === 'no-key') {
      keys = await issuer.keySet.renew();
      if (keys !== undefined) payload = await verifySignature(token, keys, issuer.algorithms, logger);
    }
    if (payload === 'no-key' || keys === undefined) return invalid('no key of the issuer fits the token');
    return payload instanceof Uint8Array ? { payload, keys: keys.revision } : payload;
  }

  function unlessRevoked(proof: JwtProof | Refusal): JwtProof | Refusal {
    return 'claims' in proof && isRevoked?.(proof) === true ? refuse('credential.revoked') : proof;
  }

  return function authenticateJwt(credential) {
    const token = credential.reveal();
    if (!hasTwoDots(token)) return undefined;
    const digest = digestToken(token);
    const known = recall(digest);
    if (known !== undefined) return unlessRevoked(known);
    return isCompact(token) ? verify(token, digest).then(unlessRevoked) : undefined;
  };
}

function prepareIssuer(configuration: IssuerConfiguration, needs: JwtNeeds): Issuer {
  const { alias, kind, jwks, types } = configuration;
  const use = kind === 'spiffe' ? ('jwt-svid' as const) : ('sig' as const);
  const algorithms = [...configuration.algorithms];
  if (algorithms.length === 0 || !algorithms.every((algorithm) => asymmetric.test(algorithm))) {
    throw new Breakage('gateway.error', `The algorithms of the issuer ${alias} must be asymmetric signatures.`);
  }
  const keySet =
    'file' in jwks
      ? makeFileKeySet({ path: jwks.file, clock: needs.clock, logger: needs.logger, use })
      : makeRemoteKeySet({ ...needs, ...jwks, alias, use, times: needs.keySetTimes ?? {} });
  return { configuration, algorithms, types: new Set(types.map((type) => type.toLowerCase().replace(/^application\//, ''))), keySet };
}

/** Refuses a header that asks for anything but the plain verification of one signature. */
function refuseHeader({ header }: JwtParts, issuer: Issuer): Refusal | undefined {
  const { alg, kid } = header;
  if (typeof alg !== 'string' || !issuer.algorithms.includes(alg)) return invalid('the algorithm is not on the list of the issuer');
  // RFC 7515 section 4.1.11: whoever does not understand a critical extension must refuse. None is understood here, `b64` included.
  if ('crit' in header || 'b64' in header) return invalid('a critical extension');
  if ('enc' in header || 'zip' in header || 'cty' in header) return invalid('an encrypted, compressed or nested token');
  return kid === undefined || typeof kid === 'string' ? undefined : invalid('kid is no string');
}

function nameToken(token: string, key: KeyObject): string {
  return createHmac('sha256', key).update(token).digest('base64url');
}

function invalid(detail: string): Refusal {
  return refuse('credential.invalid', { detail });
}
