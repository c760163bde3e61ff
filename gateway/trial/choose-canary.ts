import { createHash } from 'node:crypto';
import type { CandidateConfiguration } from '../vocabulary/candidate.ts';
import type { IdentityChain } from '../vocabulary/identity.ts';

/**
 * Says who gets the candidate. By share it is always the same originators, whichever gateway they come to, and a larger share holds all of a smaller one.
 */
export function makeChooseCanary({ mode, canary }: Pick<CandidateConfiguration, 'mode' | 'canary'>): (chain: IdentityChain) => boolean {
  if (mode !== 'canary') return () => false;
  const identities = new Set(canary.identities);
  const groups = new Set(canary.groups);
  return ({ originator }) =>
    identities.has(originator.id) || originator.groups.some((group) => groups.has(group)) || placeOf(originator.id) < canary.share;
}

/** From 0 up to, not including, 100. */
function placeOf(id: string): number {
  return (createHash('sha256').update(id).digest().readUInt32BE(0) / 2 ** 32) * 100;
}
