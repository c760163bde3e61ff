import type { makeContext } from '../../pipeline/collect/context/context.ts';
import type { Clock } from '../../vocabulary/clock.ts';
import type { IdentityChain } from '../../vocabulary/identity.ts';
import type { Session } from '../../vocabulary/session.ts';
import type { TokenAnswer, TokenRequest } from './grant.ts';
import type { Asked, Issue } from './issue.ts';
import { isOAuthError, type OAuthError, oauthError } from './oauth-error.ts';
import type { Family, RefreshTokens } from './refresh-tokens.ts';

export interface SessionGrantNeeds {
  readonly issue: Issue;
  readonly contextOf: ReturnType<typeof makeContext>;
  readonly refreshTokens: RefreshTokens;
  readonly newId: () => string;
  readonly clock: Clock;
}

export interface FromSession {
  readonly action: Asked['action'];
  readonly session: Session;
  readonly clientId: string;
  readonly scopes: readonly string[];
  /** A family that goes on, with its next refresh token; one is begun where there is none. */
  readonly renewed?: { readonly family: Family; readonly next: string };
  /** The id of the family that is begun; a new one, unless it was given away before. */
  readonly family?: string;
}

/** It was ended while this was under way. */
const over = oauthError('invalid_grant', 'The login has ended. Log in again: regate login');

export type GrantFromSession = (request: TokenRequest, from: FromSession) => Promise<TokenAnswer | OAuthError>;

/** Makes a token out of a person's session: the person as the identity provider named him, no longer than the session lasts. */
export function makeGrantFromSession({ issue, contextOf, refreshTokens, newId, clock }: SessionGrantNeeds): GrantFromSession {
  return async function grant({ headed, cnf }, { action, session, clientId, scopes, renewed, family: begun }) {
    const chain = chainOfSession(session, clock.now());
    const issued = await issue({
      action,
      petitioner: { arrival: headed, chain, context: contextOf(headed, chain).facts },
      principals: chain.principals,
      ...{ clientId, scopes, sid: session.id, amr: session.amr, notAfter: session.endsAt },
      ...(cnf === undefined ? {} : { cnf }),
    });
    if (isOAuthError(issued)) return issued;
    const answer = answerWith(issued, cnf !== undefined && cnf.jkt !== undefined, clock.now());
    if (renewed !== undefined) {
      return (await refreshTokens.note(renewed.family, issued.minted)) ? { ...answer, refresh_token: renewed.next } : over;
    }
    const family: Family = {
      ...{ id: begun ?? newId(), clientId, sessionId: session.id, scopes, endsAt: session.endsAt },
      ...(cnf?.jkt === undefined ? {} : { jkt: cnf.jkt }),
    };
    const first = await refreshTokens.begin(family, issued.minted);
    return first === undefined ? over : { ...answer, refresh_token: first };
  };
}

/** The answer that carries a token. */
export function answerWith(
  { minted, scopes }: Exclude<Awaited<ReturnType<Issue>>, OAuthError>,
  dpop: boolean,
  now: number,
): Pick<TokenAnswer, 'access_token' | 'token_type' | 'expires_in' | 'scope'> {
  return {
    access_token: minted.token,
    token_type: dpop ? 'DPoP' : 'Bearer',
    expires_in: Math.max(0, Math.floor((minted.expiresAt - now) / 1000)),
    ...(scopes.length === 0 ? {} : { scope: scopes.join(' ') }),
  };
}

/** The chain of somebody who is logged in and uses no program yet: the person alone. */
export function chainOfSession({ id, person, authTime }: Session, now: number): IdentityChain {
  const { mfa } = person.assurance ?? {};
  const session = { id, age_seconds: Math.max(0, Math.floor((now - authTime) / 1000)), ...(mfa === undefined ? {} : { mfa }) };
  return { chain: [person], principals: [person], originator: person, caller: person, attested: { session } };
}
