import { parseStrictObject } from './strict-json.ts';

/** Node's default for the whole head of a request; a longer token could not have come. */
const longest = 16_384;
const form = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$/;

/** A JWT taken apart and not yet believed. */
export interface JwtParts {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly payload: Buffer;
}

/** Says whether a credential may be a JWS in compact form: three parts. A JWE has five (RFC 7516 section 3.1) and is none. Cheap. */
export function hasTwoDots(credential: string): boolean {
  const first = credential.indexOf('.');
  if (first === -1) return false;
  const second = credential.indexOf('.', first + 1);
  return second !== -1 && !credential.includes('.', second + 1);
}

/** Says whether a credential has the form of a JWS in compact serialization (RFC 7515 section 7.1); its signature may be empty. */
export function isCompact(credential: string): boolean {
  return credential.length <= longest && form.test(credential);
}

/**
 * Takes a JWT apart, strictly.
 *
 * @param token in compact form
 * @returns `undefined` where the header or the claims are not one unambiguous JSON object each
 */
export function readParts(token: string): JwtParts | undefined {
  const [encodedHeader = '', encodedPayload = ''] = token.split('.', 2);
  const header = parseStrictObject(Buffer.from(encodedHeader, 'base64url'));
  if (header === undefined) return undefined;
  const payload = Buffer.from(encodedPayload, 'base64url');
  const claims = parseStrictObject(payload);
  return claims === undefined ? undefined : { header, claims, payload };
}
