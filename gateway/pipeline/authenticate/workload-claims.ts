import { readSpiffeId } from '../../certificates/spiffe-id.ts';
import { type Refusal, refuse } from '../../errors.ts';
import { isObject } from '../../json/is-object.ts';
import type { IssuerConfiguration } from '../../vocabulary/configuration.ts';

type Claims = Readonly<Record<string, unknown>>;

/**
 * Checks what tokens of a kind have to say beside the registered claims.
 *
 * @returns `credential.invalid`, or `credential.unbound` where the issuer's tokens must be bound to a certificate; nothing where all is well
 */
export function refuseKind(claims: Claims, { kind, trustDomain, certificateBound }: IssuerConfiguration): Refusal | undefined {
  // Whoever takes the binding out of a request for a token would get one that anybody can use.
  if (certificateBound === true && !Object.hasOwn(claims, 'cnf')) return refuse('credential.unbound');
  if (kind === 'spiffe') return refuseSvid(claims, trustDomain);
  return kind === 'kubernetes' ? refuseServiceAccount(claims) : undefined;
}

/** JWT-SVID standard, section 3.1: `sub` is the SPIFFE ID of the workload. It must be of the trust domain whose keys the signature was checked with. */
function refuseSvid({ sub }: Claims, trustDomain: string | undefined): Refusal | undefined {
  const id = typeof sub === 'string' ? readSpiffeId(sub) : undefined;
  if (id === undefined) return invalid('the subject is no SPIFFE ID');
  if (id.trustDomain !== trustDomain) return invalid('a SPIFFE ID of another trust domain');
  return id.path === '' ? invalid('the SPIFFE ID of a whole trust domain') : undefined;
}

const namespace = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const accountName = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;

/**
 * The private claims of a service-account token say namespace and name apart, `sub` says them joined. Both must agree. The tokens of old, which
 * had neither an audience nor an end, have been refused before.
 */
function refuseServiceAccount(claims: Claims): Refusal | undefined {
  const told = claims['kubernetes.io'];
  const account = isObject(told) ? told['serviceaccount'] : undefined;
  const space = isObject(told) ? told['namespace'] : undefined;
  const name = isObject(account) ? account['name'] : undefined;
  if (typeof space !== 'string' || typeof name !== 'string' || !namespace.test(space) || !accountName.test(name)) {
    return invalid('no service account in the token');
  }
  return claims['sub'] === `system:serviceaccount:${space}:${name}` ? undefined : invalid('the subject is not the service account');
}

function invalid(detail: string): Refusal {
  return refuse('credential.invalid', { detail });
}
