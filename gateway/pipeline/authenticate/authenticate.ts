import { type Refusal, refuse } from '../../errors.ts';
import { knowCredential } from '../../secret/known.ts';
import type { Proof, Proofs } from '../../vocabulary/proofs.ts';
import type { Headed } from '../../vocabulary/request.ts';
import type { Secret } from '../../vocabulary/secret.ts';

/**
 * One way to prove who calls. It looks at the shape of a credential first and gives `undefined` where the shape is not its own; once it has
 * recognised the shape its word is final: a proof or a refusal. It answers at once where it can, so that a cached token costs no turn of the
 * event loop.
 */
export type Authenticator = (credential: Secret) => Proof | Refusal | undefined | Promise<Proof | Refusal | undefined>;

export interface AuthenticateNeeds {
  /** Asked in order; their shapes do not overlap. */
  readonly authenticators: readonly Authenticator[];
}

/**
 * Makes the stage that decides which credentials hold.
 *
 * @returns the proofs, or `credential.missing`, `credential.conflicting`, `credential.malformed`, or what the mechanism of the credential's shape
 *   refuses with. A credential that fails is never tried as something weaker.
 */
export function makeAuthenticate(needs: AuthenticateNeeds): (accepted: Headed) => Promise<Proofs | Refusal> {
  const { authenticators } = needs;
  return async function authenticate(accepted) {
    const [first, second] = accepted.credentials;
    if (first === undefined) return refuse('credential.missing');
    // The same value in both places is one credential: some clients set both headers. Two values are two callers, and choosing would be guessing.
    if (second !== undefined && second.value.reveal() !== first.value.reveal()) return refuse('credential.conflicting');
    for (const authenticator of authenticators) {
      const answer = authenticator(first.value);
      const result = answer instanceof Promise ? await answer : answer;
      if (result === undefined) continue;
      if ('kind' in result) return result;
      // It holds, so it is not a text that somebody chose to have cut out of records.
      knowCredential(first.value.reveal());
      return { proofs: [result] };
    }
    return refuse('credential.malformed');
  };
}
