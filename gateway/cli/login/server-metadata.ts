import { CommandError } from '../command-error.ts';
import { callServer } from './call-server.ts';

/** What the command line needs to know of a gateway's authorization server (RFC 8414 section 2). */
export interface ServerMetadata {
  readonly issuer: string;
  readonly token: string;
  readonly revocation: string;
  readonly authorization?: string;
  readonly deviceAuthorization?: string;
}

/**
 * Fetches it. What it says is believed only if it is of the very gateway that was asked for (RFC 8414 section 3.3) and leads nowhere else.
 * @param gateway origin
 */
export async function fetchMetadata(gateway: string, ca?: string): Promise<ServerMetadata> {
  const { status, json } = await callServer(`${gateway}/.well-known/oauth-authorization-server`, undefined, ca);
  const at = (name: string): string | undefined => {
    const value = json[name];
    if (value === undefined) return undefined;
    if (typeof value !== 'string' || !value.startsWith(`${gateway}/`))
      throw new CommandError(`${gateway} names an endpoint that is not its own`);
    return value;
  };
  if (status !== 200) throw new CommandError(`${gateway} gives no tokens (status ${status}); its configuration needs a tokens section`);
  if (json['issuer'] !== gateway)
    throw new CommandError(`${gateway} calls itself ${JSON.stringify(json['issuer'])}; log in under that name`);
  const token = at('token_endpoint');
  const revocation = at('revocation_endpoint');
  if (token === undefined || revocation === undefined) throw new CommandError(`${gateway} does not say where it gives tokens`);
  const authorization = at('authorization_endpoint');
  const deviceAuthorization = at('device_authorization_endpoint');
  return {
    ...{ issuer: gateway, token, revocation },
    ...(authorization === undefined ? {} : { authorization }),
    ...(deviceAuthorization === undefined ? {} : { deviceAuthorization }),
  };
}

/** The origin of what people type: `gateway.example`, `https://gateway.example/`. @throws Error where it is none */
export function readGateway(text: string): string {
  const url = new URL(text.includes('://') ? text : `https://${text}`);
  const loopback = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && loopback))
    throw new CommandError('the gateway must be reached over https');
  if (url.username !== '' || url.pathname !== '/' || url.search !== '')
    throw new CommandError('give the origin of the gateway, e.g. https://gateway.example');
  return url.origin;
}
