import { Breakage } from '../../../errors.ts';
import { send } from './send.ts';

export interface PutFileNeeds {
  readonly url: URL;
  readonly bytes: Uint8Array;
  readonly authorization?: string;
  /** Puts only over the version with this ETag (RFC 9110 section 13.1.1); `*`: only over something. */
  readonly ifMatch?: string;
  /** Puts only where there is nothing. */
  readonly ifAbsent: boolean;
}

/**
 * Puts a bundle on a web server: an object store, WebDAV, an OPA bundle server that takes PUT.
 * @returns the ETag that the server gave
 * @throws Breakage
 */
export async function putFile({ url, bytes, authorization, ifMatch, ifAbsent }: PutFileNeeds): Promise<string | undefined> {
  const { status, headers } = await send({
    method: 'PUT',
    url,
    headers: {
      'content-type': 'application/gzip',
      ...(authorization !== undefined && { authorization }),
      ...(ifMatch !== undefined && { 'if-match': ifMatch }),
      ...(ifAbsent && { 'if-none-match': '*' }),
    },
    body: bytes,
  });
  if (status === 412)
    throw new Breakage('gateway.error', `${url.host} holds another version than was expected; look at it, then push again.`);
  if (status === 401 || status === 403)
    throw new Breakage('gateway.error', `${url.host} does not let us in (${status}); check the credential.`);
  if (status < 200 || status > 299) throw new Breakage('gateway.error', `${url.host} answered ${status} in place of taking the bundle.`);
  return headers.get('etag') ?? undefined;
}
