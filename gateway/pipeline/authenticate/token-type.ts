import { type Refusal, refuse } from '../../errors.ts';
import { isConfirmable } from './binding.ts';
import type { JwtParts } from './jwt-parts.ts';

/** Claims that mark a token as something else than an access token. */
const foreignClaims: readonly (readonly [claim: string, of: string])[] = [
  // OpenID Connect Core, sections 2 and 3.1.3.6: an ID token tells a client who logged in. It is not for an API.
  ['nonce', 'an ID token'],
  ['at_hash', 'an ID token'],
  ['c_hash', 'an ID token'],
  // RFC 8417 section 2.2; Back-Channel Logout section 2.4.
  ['events', 'a security event'],
];

/** Keycloak names the kind of a token in a `typ` claim, Cognito in `token_use`. */
const accessValues: readonly (readonly [claim: string, access: ReadonlySet<unknown>])[] = [
  ['typ', new Set(['Bearer', 'JWT', 'at+jwt'])],
  ['token_use', new Set(['access'])],
];

/**
 * Refuses a token of the right issuer and a valid signature that was made for another purpose (RFC 8725 sections 2.8 and 3.11).
 *
 * @param types accepted values of the header's `typ`, in lower case without `application/`; `none` accepts its absence
 */
export function refuseTokenType({ header, claims }: JwtParts, types: ReadonlySet<string>): Refusal | undefined {
  if (!types.has(normalizeType(header['typ']))) return confused('the typ header');
  for (const [claim, of] of foreignClaims) if (Object.hasOwn(claims, claim)) return confused(of);
  // RFC 9449: bound to a key that its bearer does not prove to hold. Taking it as a bearer token would undo the binding.
  if (Object.hasOwn(claims, 'cnf') && !isConfirmable(claims['cnf'])) return confused('a sender-constrained token');
  for (const [claim, access] of accessValues) {
    if (Object.hasOwn(claims, claim) && !access.has(claims[claim])) return confused(`the ${claim} claim`);
  }
  return undefined;
}

/** RFC 7515 section 4.1.9: media types are compared without case, and `application/` may be left out. */
export function normalizeType(typ: unknown): string {
  if (typ === undefined) return 'none';
  if (typeof typ !== 'string' || typ.toLowerCase() === 'none') return '';
  return typ.toLowerCase().replace(/^application\//, '');
}

function confused(what: string): Refusal {
  return refuse('credential.invalid', { detail: `token type confusion: ${what}` });
}
