import type { Logger } from '../../vocabulary/logger.ts';
import type { Sessions } from '../../vocabulary/session.ts';
import { ownClient } from './client.ts';
import type { Codes } from './codes.ts';
import type { GrantType } from './grant.ts';
import { isOAuthError, oauthError } from './oauth-error.ts';
import type { RefreshTokens } from './refresh-tokens.ts';
import { fitsChallenge } from './secrets.ts';
import type { GrantFromSession } from './session-grant.ts';

export interface CodeGrantNeeds {
  readonly codes: Codes;
  readonly sessions: Pick<Sessions, 'find'>;
  readonly refreshTokens: Pick<RefreshTokens, 'end'>;
  readonly grantFromSession: GrantFromSession;
  readonly logger: Logger;
}

const noGrant = oauthError('invalid_grant', 'The code is not good: it has expired, was used, or belongs to another request.');

/** The authorization code grant with PKCE (RFC 6749 section 4.1.3, RFC 7636). A code that comes twice ends what came of it the first time. */
export function makeCodeGrant({ codes, sessions, refreshTokens, grantFromSession, logger }: CodeGrantNeeds): GrantType {
  return async function grant(request) {
    const { form } = request;
    const code = form.get('code');
    if (form.get('client_id') !== ownClient) return oauthError('invalid_client', 'The client is not known.');
    if (code === undefined) return oauthError('invalid_request', 'The code is missing.');
    const taken = await codes.take(code);
    if (taken === undefined) return noGrant;
    if ('replayed' in taken) {
      logger.warn('an authorization code came twice; what came of it is ended', { family: taken.replayed });
      await refreshTokens.end(taken.replayed);
      return noGrant;
    }
    if (taken.redirectUri !== form.get('redirect_uri') || !fitsChallenge(form.get('code_verifier'), taken.challenge)) return noGrant;
    const session = await sessions.find(taken.sessionId);
    if (session === undefined) return noGrant;
    const { clientId, scopes } = taken;
    const answer = await grantFromSession(request, { action: 'tokens.mint', session, clientId, scopes });
    if (isOAuthError(answer)) return answer;
    const { family, ...told } = answer;
    if (family !== undefined) await codes.settle(code, family.id);
    return told;
  };
}
