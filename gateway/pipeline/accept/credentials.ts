import { type Refusal, refuse } from '../../errors.ts';
import { seal } from '../../secret.ts';
import type { PresentedCredential } from '../../vocabulary/request.ts';

/**
 * Headers that carry a credential for somebody else: a browser's session, a proxy, another dialect. The gateway never reads them and never
 * keeps them, so that they can reach neither a record nor a backend.
 */
export const foreignCredentials: ReadonlySet<string> = new Set([
  'cookie',
  'proxy-authorization',
  'api-key',
  'x-goog-api-key',
  'x-amz-security-token',
]);

/**
 * Takes the credentials from where the official SDKs put them and seals them.
 *
 * A header that is present but holds nothing usable is refused and not skipped: a broken credential must not make way for another one.
 *
 * @param authorization value of `Authorization`; RFC 6750 section 2.1 or RFC 9449 section 7.1, the scheme is compared without case
 * @param apiKey value of `x-api-key`
 * @returns at most one per place; `credential.malformed` where a header is present without a credential
 */
export function takeCredentials(authorization: string | undefined, apiKey: string | undefined): readonly PresentedCredential[] | Refusal {
  const credentials: PresentedCredential[] = [];
  if (authorization !== undefined) {
    const bearer = readScheme(authorization, 'bearer');
    const bound = bearer === undefined ? readScheme(authorization, 'dpop') : undefined;
    const token = bearer ?? bound;
    if (token === undefined) return refuse('credential.malformed', { detail: 'Authorization is not of the form "Bearer <token>"' });
    credentials.push({ place: 'authorization', value: seal(token), ...(bound === undefined ? {} : { scheme: 'dpop' }) });
  }
  if (apiKey !== undefined) {
    if (apiKey === '') return refuse('credential.malformed', { detail: 'x-api-key is empty' });
    credentials.push({ place: 'x-api-key', value: seal(apiKey) });
  }
  return credentials;
}

function readScheme(value: string, scheme: string): string | undefined {
  let start = scheme.length + 1;
  if (value.length <= start || value.slice(0, start).toLowerCase() !== `${scheme} `) return undefined;
  while (value.charCodeAt(start) === 0x20) start++;
  const token = value.slice(start);
  return token === '' || token.includes(' ') ? undefined : token;
}
