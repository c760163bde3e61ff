import { isRefusal, type Refusal, refuse } from '../../errors.ts';
import type { IdentityChain } from '../../vocabulary/identity.ts';
import type { Proofs } from '../../vocabulary/proofs.ts';

/** What has been taken back, as a copy in memory. */
export interface Revocations {
  /** `undefined` where the copy is older than it may be: nobody can say. */
  has(kind: 'token' | 'subject' | 'session' | 'key' | 'device', id: string): boolean | undefined;
  isEmpty(): boolean;
}

/**
 * Makes the chain stage heed revocations: of the token or key that was presented, of every principal in the chain (who has left the company must not
 * go on through an agent), of the session and of the device. It looks on every request, because a verified token stays in the cache.
 *
 * @returns the chain, what `chain` refuses, `credential.revoked`, or `credential.registry-unavailable` where nobody can say
 */
export function heedRevocations(chain: (proofs: Proofs) => IdentityChain | Refusal, revocations: Revocations) {
  return function chainUnlessRevoked(proofs: Proofs): IdentityChain | Refusal {
    const identity = chain(proofs);
    if (isRefusal(identity) || revocations.isEmpty()) return identity;
    for (const [kind, id] of namesOf(identity)) {
      const revoked = revocations.has(kind, id);
      if (revoked === undefined) return refuse('credential.registry-unavailable', { detail: 'the list of revocations is too old' });
      // The id is one that the gateway knows, not the caller's text: it tells the record's reader who was turned away.
      if (revoked) return refuse('credential.revoked', { detail: `the ${kind} ${id} is revoked` });
    }
    return identity;
  };
}

type Name = readonly [Parameters<Revocations['has']>[0], string];

function namesOf({ chain, attested }: IdentityChain): readonly Name[] {
  const names: Name[] = [];
  for (const link of chain) {
    if (link.kind !== 'token') names.push(['subject', link.id]);
    else names.push([link.method === 'virtual-key' ? 'key' : 'token', link.id]);
  }
  if (attested.session !== undefined) names.push(['session', attested.session.id]);
  if (attested.device?.id !== undefined) names.push(['device', attested.device.id]);
  return names;
}
