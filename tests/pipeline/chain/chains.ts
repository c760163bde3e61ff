import { isRefusal } from '../../../gateway/errors.ts';
import { makeChain } from '../../../gateway/pipeline/chain/chain.ts';
import type { IssuerConfiguration, SubjectMapping } from '../../../gateway/vocabulary/configuration.ts';
import type { IdentityChain } from '../../../gateway/vocabulary/identity.ts';
import { claims, issuerConfiguration } from '../authenticate/issuer.ts';

export const now = 1_750_000_000_000;

export const subject: SubjectMapping = {
  kind: 'person',
  kindClaim: 'gty',
  kinds: { 'client-credentials': 'service', agent: 'agent' },
  id: 'sub',
  roles: 'realm_access.roles',
  groups: 'groups',
  groupRoles: { engineering: ['engineer', 'reader'] },
};

export const actor: SubjectMapping = {
  kind: 'service',
  kindClaim: 'gty',
  kinds: { agent: 'agent' },
  id: 'sub',
  roles: 'roles',
  groupRoles: {},
};

export const configuration: IssuerConfiguration = { ...issuerConfiguration, subject, actor, claims: ['department', 'level'] };

/** The chain of a token with these claims, or the code of its refusal. */
export function chainOf(
  more: Readonly<Record<string, unknown>>,
  change: Partial<IssuerConfiguration> = {},
  base: IssuerConfiguration = configuration,
): IdentityChain | string {
  const chain = makeChain({ issuers: [{ ...base, ...change }], clock: { now: () => now } });
  const result = chain({ proofs: [{ method: 'jwt', issuer: 'okta', claims: { ...claims, ...more }, digest: 'keyed-digest' }] });
  return isRefusal(result) ? result.code : result;
}

/** The chain of a token that must have one. */
export function mustChain(more: Readonly<Record<string, unknown>>, change: Partial<IssuerConfiguration> = {}): IdentityChain {
  const result = chainOf(more, change);
  if (typeof result === 'string') throw new Error(`refused with ${result}`);
  return result;
}
