import type { Activation } from './state.ts';

/** Fewer digits of a digest could mean several by chance. */
const leastDigits = 7;

/** Finds the activation that an operator names: by the policy's revision, or by the first digits of the digest. */
export function findActivation(activations: readonly Activation[], named: string): Activation | { readonly problem: string } {
  const isPrefix = /^[0-9a-f]+$/.test(named) && named.length >= leastDigits;
  const found = activations.filter(({ revision, digest }) => revision === named || (isPrefix && digest.startsWith(named)));
  const [only] = found;
  if (only === undefined) return { problem: 'no such revision is kept' };
  if (found.length > 1) return { problem: `${found.length} kept combinations have this revision; name one by its digest` };
  return only;
}
