import { type Refusal, refuse } from '../../errors.ts';
import type { Proof } from '../../vocabulary/proofs.ts';
import { isObject } from './strict-json.ts';

/** The only member of `cnf` that the gateway can confirm: the thumbprint of a client certificate (RFC 8705 section 3.1). */
const certificateMember = 'x5t#S256';

/**
 * Says whether a token's `cnf` (RFC 7800) is one that the gateway can confirm. With another member it is bound to a key that nobody proves to hold here;
 * with several, to all of them.
 */
export function isConfirmable(cnf: unknown): boolean {
  return isObject(cnf) && Object.keys(cnf).length === 1 && typeof cnf[certificateMember] === 'string' && cnf[certificateMember] !== '';
}

/**
 * Refuses a token that is bound to a certificate (RFC 8705 section 3) and comes without it, or with another one: somebody else has got hold of it.
 * Asked at every use, for the token may have been verified on another connection.
 *
 * @param thumbprint of the certificate that came with the token and holds
 */
export function refuseBinding(proof: Proof, thumbprint: string | undefined): Refusal | undefined {
  const cnf = 'claims' in proof ? proof.claims['cnf'] : undefined;
  if (!isObject(cnf)) return undefined;
  if (thumbprint === undefined) return refuse('credential.certificate-missing');
  return cnf[certificateMember] === thumbprint ? undefined : refuse('credential.certificate-mismatch');
}
