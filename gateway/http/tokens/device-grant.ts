import type { Sessions } from '../../vocabulary/session.ts';
import type { DeviceCodes } from './device-codes.ts';
import type { GrantType } from './grant.ts';
import { oauthError } from './oauth-error.ts';
import type { GrantFromSession } from './session-grant.ts';

export interface DeviceGrantNeeds {
  readonly deviceCodes: Pick<DeviceCodes, 'poll'>;
  readonly sessions: Pick<Sessions, 'find'>;
  readonly grantFromSession: GrantFromSession;
}

/** The device grant (RFC 8628 section 3.4). */
export function makeDeviceGrant({ deviceCodes, sessions, grantFromSession }: DeviceGrantNeeds): GrantType {
  return async function grant(request) {
    const { form } = request;
    const code = form.get('device_code');
    if (code === undefined) return oauthError('invalid_request', 'The device code is missing.');
    const polled = await deviceCodes.poll(code);
    if (polled === 'pending') return oauthError('authorization_pending', 'Nobody has approved yet.');
    if (polled === 'slow') return oauthError('slow_down', 'Ask less often.');
    if (polled === 'unknown') return oauthError('expired_token', 'The code has expired. Begin again.');
    if (polled === 'denied') return oauthError('access_denied', 'The person has refused.');
    if (form.get('client_id') !== polled.clientId) return oauthError('invalid_client', 'The client is another one.');
    const session = await sessions.find(polled.sessionId);
    if (session === undefined) return oauthError('invalid_grant', 'The login of the person who approved has ended.');
    const { clientId, scopes } = polled;
    return grantFromSession(request, { action: 'tokens.mint', session, clientId, scopes });
  };
}
