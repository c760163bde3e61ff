import { type Refusal, refuse } from '../../errors.ts';
import { isObject } from '../../json/is-object.ts';
import type { Proof } from '../../vocabulary/proofs.ts';

/** The thumbprint of a client certificate (RFC 8705 section 3.1). */
const certificateMember = 'x5t#S256';
/** The members of `cnf` that the gateway can confirm: a certificate, and the key of a DPoP proof (RFC 9449 section 6.1). */
const confirmable: ReadonlySet<string> = new Set([certificateMember, 'jkt']);

/**
 * Says whether a token's `cnf` (RFC 7800) is one that the gateway can confirm. With another member it is bound to a key that nobody proves to hold here;
 * with several, to all of them.
 */
export function isConfirmable(cnf: unknown): boolean {
  if (!isObject(cnf)) return false;
  const members = Object.entries(cnf);
  return members.length > 0 && members.every(([name, value]) => confirmable.has(name) && typeof value === 'string' && value !== '');
}

/**
 * Refuses a token that is bound to a certificate (RFC 8705 section 3) and comes without it, or with another one: somebody else has got hold of it.
 * Asked at every use, for the token may have been verified on another connection.
 *
 * @param thumbprint of the certificate that came with the token and holds
 */
export function refuseBinding(proof: Proof, thumbprint: string | undefined): Refusal | undefined {
  const cnf = 'claims' in proof ? proof.claims['cnf'] : undefined;
  if (!isObject(cnf) || !(certificateMember in cnf)) return undefined;
  if (thumbprint === undefined) return refuse('credential.certificate-missing');
  return cnf[certificateMember] === thumbprint ? undefined : refuse('credential.certificate-mismatch');
}
