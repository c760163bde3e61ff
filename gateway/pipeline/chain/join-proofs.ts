import { type Refusal, refuse } from '../../errors.ts';
import type { IdentityChain, Principal } from '../../vocabulary/identity.ts';
import type { CertificateHolder } from './map-certificate.ts';

/** The chain of a certificate that comes alone: its workload acts for itself. */
export function chainWorkload({ principal, link }: Extract<CertificateHolder, { use: 'workload' }>): IdentityChain {
  return { chain: [principal, link], principals: [principal], originator: principal, caller: principal, attested: {} };
}

/**
 * Joins a certificate to the chain of a token or key.
 *
 * The connection's certificate proves who is at its other end: the immediate caller. So
 *
 * - beside a person's token, the workload acts for the person and becomes the caller, one more principal that policy must permit;
 * - beside the token of a workload, it must be the certificate of that workload: bound to the token, of the same id, or by the configuration's word
 *   (`same_as`). It then confirms the caller, whose roles stay those of the token. Anything else is a token in foreign hands.
 *
 * A device certificate says where the person sits. What it proves stands above a claim about a device.
 *
 * @param bound the token names this very certificate (RFC 8705), which `authenticate` has compared
 * @returns the chain, or `identity.contradictory`
 */
export function joinCertificate(base: IdentityChain, holder: CertificateHolder, bound: boolean): IdentityChain | Refusal {
  const links = [...base.chain, holder.link];
  if (holder.use === 'device') return { ...base, chain: links, attested: { ...base.attested, device: holder.device } };
  const { principal, sameAs } = holder;
  const { caller } = base;
  if (caller.kind === 'person' || caller.kind === 'team') return appendCaller(base, holder);
  if (bound || caller.id === principal.id || sameAs.includes(caller.id)) return { ...base, chain: links };
  return refuse('identity.contradictory', { detail: 'the certificate is of another workload than the credential' });
}

function appendCaller(base: IdentityChain, { principal, link }: Extract<CertificateHolder, { use: 'workload' }>): IdentityChain {
  const principals: readonly [Principal, ...Principal[]] = [...base.principals, principal];
  const tokens = base.chain.filter((each) => each.kind === 'token');
  return { ...base, chain: [...principals, ...tokens, link], principals, caller: principal };
}
