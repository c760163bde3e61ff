import { decodeProtectedHeader, jwtVerify } from 'jose';
import { isObject } from '../../../json/is-object.ts';
import type { Clock } from '../../../vocabulary/clock.ts';
import type { OidcProvider } from '../../../vocabulary/login.ts';
import type { Shelf } from '../../../vocabulary/session.ts';
import type { ProviderNames } from '../sessions.ts';
import type { Discovery } from './discovery.ts';

const event = 'http://schemas.openid.net/event/backchannel-logout';

/** A logout token is sent at once; one that is older has been lying somewhere. */
const longestAgeSeconds = 120;

export interface LogoutTokenNeeds {
  readonly provider: OidcProvider;
  readonly discovery: Discovery;
  readonly shelf: Shelf;
  readonly clock: Pick<Clock, 'now'>;
}

/**
 * Makes the check of logout tokens (OpenID Connect Back-Channel Logout 1.0 section 2.6): signed by the provider for this client, of late, with the
 * logout event, without a nonce (an ID token must not log anybody out), and not seen before.
 *
 * @returns whose sessions end; or why not, as a sentence without input
 */
export function makeReadLogoutToken({
  provider,
  discovery,
  shelf,
  clock,
}: LogoutTokenNeeds): (token: string) => Promise<ProviderNames | string> {
  return async function readLogoutToken(token) {
    const { keys } = await discovery.get();
    let payload: Readonly<Record<string, unknown>>;
    try {
      // Older providers write `JWT` or nothing; anything else is a token of another kind (RFC 8725 section 3.11).
      const { typ } = decodeProtectedHeader(token);
      if (typ !== undefined && typ.toLowerCase() !== 'logout+jwt' && typ.toUpperCase() !== 'JWT') return 'the token is of another type';
      ({ payload } = await jwtVerify(token, keys, {
        algorithms: [...provider.algorithms],
        issuer: provider.issuer,
        audience: provider.clientId,
        requiredClaims: ['iat', 'jti', 'events'],
        maxTokenAge: longestAgeSeconds,
        clockTolerance: provider.clockSkewSeconds,
        currentDate: new Date(clock.now()),
      }));
    } catch (error) {
      return `the token does not hold (${error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'})`;
    }
    const { events, nonce, sub, sid, jti } = payload;
    if (!isObject(events) || !isObject(events[event])) return 'the token is for no logout';
    if (nonce !== undefined) return 'the token holds a nonce';
    if ((sub !== undefined && typeof sub !== 'string') || (sid !== undefined && typeof sid !== 'string')) return 'the token names nobody';
    if (sub === undefined && sid === undefined) return 'the token names nobody';
    if (typeof jti !== 'string' || jti === '' || jti.length > 256) return 'the token has no id';
    const until = clock.now() + (longestAgeSeconds + 2 * provider.clockSkewSeconds) * 1000;
    if (!(await shelf.add(`logout-token:${provider.alias}:${jti}`, '1', until))) return 'the token has been used';
    return { alias: provider.alias, ...(sub === undefined ? {} : { subject: sub }), ...(sid === undefined ? {} : { session: sid }) };
  };
}
