import type { SessionFact } from '../../../vocabulary/facts.ts';
import type { IdentityChain } from '../../../vocabulary/identity.ts';

/** The session, where the issuer's signature vouches for one. There is no header that could. */
export function session({ attested }: IdentityChain): SessionFact | undefined {
  return attested.session;
}
