import { compactVerify, errors } from 'jose';
import { type Refusal, refuse } from '../../errors.ts';
import type { Logger } from '../../vocabulary/logger.ts';
import type { IssuerKeys } from './jwks.ts';

/**
 * Verifies the signature of a JWS with the issuer's keys. The key comes from the issuer's set alone: `jwk`, `jku`, `x5u` and `x5c` in the header
 * are the sender's word and are never looked at; `kid` is compared and used for nothing else.
 *
 * @param algorithms the issuer's allow-list; the header's `alg` only picks from it (RFC 8725 section 3.1)
 * @returns the signed payload; `no-key` where the set holds no key for the token; or `credential.invalid`
 */
export async function verifySignature(
  token: string,
  keys: IssuerKeys,
  algorithms: string[],
  logger: Logger,
): Promise<Uint8Array | 'no-key' | Refusal> {
  try {
    return (await compactVerify(token, keys.find, { algorithms })).payload;
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey) return 'no-key';
    if (error instanceof errors.JWKSMultipleMatchingKeys) return invalid('several keys match the token, which names none');
    if (error instanceof errors.JOSEAlgNotAllowed) return invalid('the algorithm is not on the list of the issuer');
    if (error instanceof errors.JOSEError) return invalid(`the signature does not hold: ${error.code}`);
    // Not the token's fault: a key that the crypto library does not take. The token has not been verified, so it is refused all the same.
    logger.error('A key of an issuer cannot be used to verify a token', { reason: error instanceof Error ? error.message : 'unknown' });
    return refuse('credential.issuer-unavailable', { detail: 'a key of the issuer cannot be used' });
  }
}

function invalid(detail: string): Refusal {
  return refuse('credential.invalid', { detail });
}
