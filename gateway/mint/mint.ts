import jwt from 'jsonwebtoken';
import { Breakage } from '../errors.ts';
import type { Clock } from '../vocabulary/clock.ts';
import type { Principal } from '../vocabulary/identity.ts';
import type { Grant, Minted, TokenConfiguration } from '../vocabulary/tokens.ts';
import type { SigningKeys } from './signing-keys.ts';

export interface MintNeeds {
  readonly tokens: Pick<TokenConfiguration, 'issuer' | 'audience' | 'algorithm' | 'accessSeconds'>;
  readonly keys: Pick<SigningKeys, 'active'>;
  readonly clock: Pick<Clock, 'now'>;
}

/** Servers and proxies commonly take 8 KiB of one header; beyond 16 KiB the gateway would not take its own token for one. */
const longest = 7 * 1024;

/**
 * Makes an access token, and says under which id it is known.
 * @throws Breakage `tokens.unavailable` where there is no key to sign with, `tokens.too-large`
 */
export type Mint = (grant: Grant) => Minted;

/**
 * Makes the mint of the gateway's own access tokens (RFC 9068). `sub` and the nested `act` say in the standard's words who stands behind the token and
 * who acts (RFC 8693 section 4.1); the private claim `principals` holds the same chain with roles and groups as they were when it was made, so that the
 * gateway reads back exactly what it has signed. The ids are those of the issuers who vouched for them (`okta:00u1`); nobody but this mint may
 * write another issuer's ids, which is why its key set is the gateway's own.
 */
export function makeMint({ tokens, keys, clock }: MintNeeds): Mint {
  const { issuer, audience, algorithm, accessSeconds } = tokens;
  return function mint({ id, principals, clientId, scopes, sid, amr, notAfter, maxSeconds, cnf, limits, mayAct }) {
    const { kid, privateKey } = keys.active();
    const now = Math.floor(clock.now() / 1000);
    const life = Math.min(accessSeconds, maxSeconds ?? accessSeconds);
    const exp = Math.floor(Math.min(now + life, (notAfter ?? Number.POSITIVE_INFINITY) / 1000));
    const [originator, ...actors] = principals;
    const { acr, auth_time: authTime } = originator.assurance ?? {};
    const claims = {
      ...{ iss: issuer, aud: audience, sub: originator.id, jti: id, iat: now, exp, client_id: clientId },
      ...(scopes.length === 0 ? {} : { scope: scopes.join(' ') }),
      ...(sid === undefined ? {} : { sid }),
      ...(acr === undefined ? {} : { acr }),
      ...(amr === undefined || amr.length === 0 ? {} : { amr }),
      ...(authTime === undefined ? {} : { auth_time: Math.floor(Date.parse(authTime) / 1000) }),
      ...(actors.length === 0 ? {} : { act: nest(actors) }),
      ...(cnf === undefined ? {} : { cnf }),
      ...(limits === undefined ? {} : { limits }),
      ...(mayAct === undefined ? {} : { may_act: mayAct }),
      principals,
    };
    const token = jwt.sign(claims, privateKey, { algorithm, keyid: kid, header: { alg: algorithm, typ: 'at+jwt' } });
    if (token.length > longest) throw new Breakage('tokens.too-large', `The token of ${originator.id} would have ${token.length} bytes.`);
    return { token, id, expiresAt: exp * 1000 };
  };
}

interface Act {
  readonly sub: string;
  readonly act?: Act;
}

/** The outermost `act` is the current actor; what it holds inside acted before it. */
function nest(actors: readonly Principal[]): Act | undefined {
  let inner: Act | undefined;
  for (const { id } of actors) inner = inner === undefined ? { sub: id } : { sub: id, act: inner };
  return inner;
}
