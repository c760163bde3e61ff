import type { Catalogue } from '../vocabulary/catalogue.ts';
import type { Answer } from '../vocabulary/decision.ts';
import type { Outcome } from '../vocabulary/delivered.ts';
import type { Permit } from '../vocabulary/permit.ts';
import type { Attempt } from '../vocabulary/policy-input.ts';

/** The next try, should this one fail before its first byte. */
export interface Following {
  /** The attempt to ask the policy about. */
  attempt(outcome: Outcome): Attempt;
  /** The proposals after it. */
  readonly left: Answer['fallbacks'];
}

export interface FallbackNeeds {
  readonly catalogue: Catalogue;
  readonly maxAttempts: number;
}

/**
 * Takes the next of the fallbacks that the policy proposed. A proposal is not a permit: it becomes an attempt of its own, which the policy is
 * asked about again. A backend that is not in the catalogue is passed over; the policy would be refused for it anyway.
 */
export function proposeNext(needs: FallbackNeeds, permit: Permit, current: Attempt, proposals: Answer['fallbacks']): Following | undefined {
  if (permit.kind !== 'forward' || current.number >= needs.maxAttempts) return undefined;
  for (const [index, proposal] of proposals.entries()) {
    const backend = needs.catalogue.backends.get(proposal.backend);
    if (backend === undefined) continue;
    const candidate = { backend: backend.id, model: proposal.model ?? permit.route.model, credential: backend.credential };
    return {
      attempt: (outcome) => ({
        number: current.number + 1,
        candidate,
        previous: [...current.previous, { backend: permit.route.backend, outcome }],
      }),
      left: proposals.slice(index + 1),
    };
  }
  return undefined;
}
