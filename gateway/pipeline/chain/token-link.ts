import { type Refusal, refuse } from '../../errors.ts';
import type { TokenLink } from '../../vocabulary/identity.ts';
import type { JwtProof, VirtualKey } from '../../vocabulary/proofs.ts';
import { toRfc3339 } from './attested.ts';
import { isWord, readNames } from './claim-path.ts';

/** The presented JWT as the link after the caller: its public identity, never its text. */
export function describeToken(proof: JwtProof, method: 'jwt' | 'spiffe' | 'kubernetes'): TokenLink | Refusal {
  const { jti, iat, exp, scope, scp } = proof.claims;
  const scopes = readScopes(scope === undefined ? scp : scope);
  if (scopes === undefined) return refuse('identity.unmapped', { detail: 'the scopes are not a list of names' });
  const issuedAt = toRfc3339(iat);
  const expiresAt = toRfc3339(exp);
  return {
    kind: 'token',
    id: isWord(jti) ? jti : proof.digest,
    issuer: proof.issuer,
    method,
    scopes,
    ...(issuedAt === undefined ? {} : { issued_at: issuedAt }),
    ...(expiresAt === undefined ? {} : { expires_at: expiresAt }),
  };
}

/** RFC 8693 section 4.2: `scope` is one string of names with spaces between. Entra and Okta write `scp`, as a string or as an array. */
function readScopes(value: unknown): readonly string[] | undefined {
  return readNames(typeof value === 'string' ? value.split(' ').filter((name) => name !== '') : value);
}

/** The presented virtual key as the link after the caller. */
export function describeKey(key: VirtualKey): TokenLink {
  return {
    kind: 'token',
    id: key.id,
    issuer: 'keys',
    method: 'virtual-key',
    scopes: key.scopes,
    ...(key.limits === undefined ? {} : { limits: key.limits }),
    issued_at: key.created_at,
    ...(key.expires_at === undefined ? {} : { expires_at: key.expires_at }),
  };
}
