import type { Sessions } from '../../vocabulary/session.ts';
import { ownClient } from './client.ts';
import type { Codes } from './codes.ts';
import type { EndFamily } from './end-family.ts';
import type { GrantType } from './grant.ts';
import { oauthError } from './oauth-error.ts';
import { fitsChallenge } from './secrets.ts';
import type { GrantFromSession } from './session-grant.ts';

export interface CodeGrantNeeds {
  readonly codes: Codes;
  readonly sessions: Pick<Sessions, 'find'>;
  readonly endFamily: EndFamily;
  readonly grantFromSession: GrantFromSession;
}

const noGrant = oauthError('invalid_grant', 'The code is not good: it has expired, was used, or belongs to another request.');

/** The authorization code grant with PKCE (RFC 6749 section 4.1.3, RFC 7636). A code that comes twice ends what came of it the first time. */
export function makeCodeGrant({ codes, sessions, endFamily, grantFromSession }: CodeGrantNeeds): GrantType {
  return async function grant(request) {
    const { form } = request;
    const code = form.get('code');
    if (form.get('client_id') !== ownClient) return oauthError('invalid_client', 'The client is not known.');
    if (code === undefined) return oauthError('invalid_request', 'The code is missing.');
    const taken = await codes.take(code);
    if (taken === undefined) return noGrant;
    if ('replayed' in taken) {
      const { family: id, sessionId } = taken.replayed;
      await endFamily({ id, sessionId }, 'code-replay', request.headed);
      return noGrant;
    }
    if (taken.redirectUri !== form.get('redirect_uri') || !fitsChallenge(form.get('code_verifier'), taken.challenge)) return noGrant;
    const session = await sessions.find(taken.sessionId);
    if (session === undefined) return noGrant;
    const { clientId, scopes, family } = taken;
    return grantFromSession(request, { action: 'tokens.mint', session, clientId, scopes, family });
  };
}
