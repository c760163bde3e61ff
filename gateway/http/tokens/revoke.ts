import { isRefusal } from '../../errors.ts';
import type { makeAuthenticate } from '../../pipeline/authenticate/authenticate.ts';
import type { RevocationStore } from '../../registry/revocation.ts';
import { seal } from '../../secret.ts';
import type { Clock } from '../../vocabulary/clock.ts';
import type { Headed } from '../../vocabulary/request.ts';
import type { EndFamily } from './end-family.ts';
import type { Form } from './form.ts';
import { type OAuthError, oauthError } from './oauth-error.ts';
import type { RefreshTokens } from './refresh-tokens.ts';
import type { TokenRecords } from './token-records.ts';

export interface RevokeNeeds {
  readonly refreshTokens: Pick<RefreshTokens, 'find'>;
  readonly endFamily: EndFamily;
  readonly revocations?: Pick<RevocationStore, 'add'>;
  /** Verifies a token by itself. */
  readonly authenticateToken: ReturnType<typeof makeAuthenticate>;
  /** Alias of the gateway's own tokens. */
  readonly ownAlias: string;
  readonly records: Pick<TokenRecords, 'revoke'>;
  readonly clock: Pick<Clock, 'now'>;
}

/**
 * Makes the door at which tokens are given back (RFC 7009). Holding one is enough: whoever finds one should be able to end it. A refresh token ends the
 * login of its program with all access tokens; an access token of the gateway's own ends alone. Anything else is answered as if it were ended (section 2.2).
 */
export function makeRevoke({ refreshTokens, endFamily, revocations, authenticateToken, ownAlias, records, clock }: RevokeNeeds) {
  return async function revoke(headed: Headed, form: Form): Promise<object | OAuthError> {
    const shown = form.get('token');
    if (shown === undefined) return oauthError('invalid_request', 'The token is missing.');
    const family = await refreshTokens.find(shown);
    if (family !== undefined) {
      await endFamily(family, 'given-back', headed);
      return {};
    }
    const { certificate: _certificate, deviceToken: _deviceToken, ...bare } = headed;
    const proved = await authenticateToken({ ...bare, credentials: [{ place: 'authorization', value: seal(shown) }] });
    if (isRefusal(proved) || revocations === undefined) return {};
    const [proof] = proved.proofs;
    if (proof.method !== 'jwt' || proof.issuer !== ownAlias) return {};
    const { jti, exp } = proof.claims;
    if (typeof jti !== 'string' || typeof exp !== 'number') return {};
    await revocations.add({ kind: 'token', id: jti, at: new Date(clock.now()).toISOString(), until: new Date(exp * 1000).toISOString() });
    await records.revoke({ why: 'given-back', tokens: [jti] }, headed);
    return {};
  };
}
