import type { Sessions } from '../../vocabulary/session.ts';
import type { EndFamily } from './end-family.ts';
import { readScopes } from './form.ts';
import type { GrantType } from './grant.ts';
import { isOAuthError, oauthError } from './oauth-error.ts';
import type { RefreshTokens } from './refresh-tokens.ts';
import type { GrantFromSession } from './session-grant.ts';
import type { RevocationReason } from './token-records.ts';

export interface RefreshGrantNeeds {
  readonly refreshTokens: RefreshTokens;
  readonly sessions: Pick<Sessions, 'find' | 'touch'>;
  readonly endFamily: EndFamily;
  readonly grantFromSession: GrantFromSession;
}

const noGrant = oauthError('invalid_grant', 'The login has ended. Log in again: regate login');

/** The refresh grant (RFC 6749 section 6): as long as the person's session lasts, with the roles that it has now. */
export function makeRefreshGrant({ refreshTokens, sessions, endFamily, grantFromSession }: RefreshGrantNeeds): GrantType {
  return async function grant(request) {
    const { form, cnf } = request;
    const token = form.get('refresh_token');
    if (token === undefined) return oauthError('invalid_request', 'The refresh token is missing.');
    const asked = readScopes(form.get('scope'));
    if (isOAuthError(asked)) return asked;
    const turned = await refreshTokens.rotate(token);
    if (turned === undefined) return noGrant;
    if ('reused' in turned) {
      await endFamily(turned.reused, 'refresh-reuse', request.headed);
      return noGrant;
    }
    const { family } = turned;
    const ended = async (why: RevocationReason = 'refresh-refused') => {
      await endFamily(family, why, request.headed);
      return noGrant;
    };
    if (form.get('client_id') !== family.clientId) return ended();
    // RFC 9449 section 5: a public client's refresh token is bound to the key that it was given for.
    if (family.jkt !== cnf?.jkt) return ended();
    if (!asked.every((scope) => family.scopes.includes(scope))) {
      await ended();
      return oauthError('invalid_scope', 'A refreshed token cannot have scopes that the first one had not. The login is ended.');
    }
    try {
      const session = await sessions.find(family.sessionId);
      if (session === undefined) return await ended('session-ended');
      await sessions.touch(session.id);
      const scopes = asked.length > 0 ? asked : family.scopes;
      const wanted = { action: 'tokens.refresh' as const, session, clientId: family.clientId, scopes, renewed: turned };
      const answer = await grantFromSession(request, wanted);
      if (!isOAuthError(answer)) return answer;
      // Whoever was told to come again must be able to; a considered no is an end, since the next token will not be told to anybody.
      if (answer.status >= 500) await turned.undo();
      else await ended();
      return answer;
    } catch (error) {
      await turned.undo();
      throw error;
    }
  };
}
