import type { Secret } from '../vocabulary/secret.ts';
import { DeliveryFailure } from './sender.ts';

/** The header that a bearer token is sent in, as the token stands now. @throws DeliveryFailure where there is none */
export type ReadToken = () => Promise<{ readonly authorization: string }>;

/** Makes it over where the secret comes from, which is asked each time, so that it may be rotated. */
export function makeReadToken(fetch: () => Promise<Secret>): ReadToken {
  return async () => {
    try {
      return { authorization: `Bearer ${(await fetch()).reveal()}` };
    } catch (cause) {
      throw new DeliveryFailure('no-credential', 'the credential of the sink is not available', { cause });
    }
  };
}
