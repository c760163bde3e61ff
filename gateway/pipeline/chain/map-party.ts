import { type Refusal, refuse } from '../../errors.ts';
import type { SubjectMapping } from '../../vocabulary/configuration.ts';
import type { Principal, PrincipalKind, ProofMethod } from '../../vocabulary/identity.ts';
import { type ClaimPath, type Claims, isWord, parseClaimPath, readNames, walk } from './claim-path.ts';
import { makeIdRoles } from './id-roles.ts';

/** One party of a token: whoever `sub` names, or an actor. */
export interface Party {
  /** The party's own claims: the whole token for the subject, its own `act` object for an actor. */
  readonly claims: Claims;
  readonly method: ProofMethod;
}

/** Maps a party, or refuses with `identity.unmapped`. */
export type MapParty = (party: Party) => Principal | Refusal;

/**
 * Makes the mapping of one kind of party of one issuer, as configured.
 *
 * The id is `<alias>:<id>`: an alias holds no colon, so no subject of one issuer can be spelt as that of another.
 *
 * @param alias of the issuer
 * @param allowed names of claims that policy may read
 */
export function makeMapParty(alias: string, mapping: SubjectMapping, allowed: readonly string[]): MapParty {
  const idPath = parseClaimPath(mapping.id);
  const rolesPath = maybePath(mapping.roles);
  const groupsPath = maybePath(mapping.groups);
  const kindPath = maybePath(mapping.kindClaim);
  const kinds = new Map(Object.entries(mapping.kinds));
  const rolesOf = makeIdRoles(mapping.idRoles ?? {});
  const groupRoles = new Map(Object.entries(mapping.groupRoles));

  function readKind(claims: Claims): PrincipalKind {
    const value = kindPath === undefined ? undefined : walk(claims, kindPath);
    return (typeof value === 'string' ? kinds.get(value) : undefined) ?? mapping.kind;
  }

  return function mapParty({ claims, method }) {
    const id = walk(claims, idPath);
    if (!isWord(id)) return unmapped('the configured id is missing, or not 1 to 255 printable characters');
    if (isLeftOut(claims, rolesPath) || isLeftOut(claims, groupsPath)) return unmapped('the token leaves its groups or roles out for size');
    const own = rolesPath === undefined ? [] : readNames(walk(claims, rolesPath));
    const groups = groupsPath === undefined ? [] : readNames(walk(claims, groupsPath));
    if (own === undefined || groups === undefined) return unmapped('the roles or groups are not a list of names');
    const roles = new Set([...own, ...rolesOf(id)]);
    for (const group of groups) for (const role of groupRoles.get(group) ?? []) roles.add(role);
    return {
      kind: readKind(claims),
      id: `${alias}:${id}`,
      issuer: alias,
      method,
      roles: [...roles],
      groups,
      claims: pick(claims, allowed),
    };
  };
}

function maybePath(text: string | undefined): ClaimPath | undefined {
  return text === undefined ? undefined : parseClaimPath(text);
}

/**
 * OpenID Connect Core section 5.6.2: a claim that is named in `_claim_names` is to be fetched elsewhere. Entra does so for users of many groups.
 * Reading it as "no groups" would lift every denial that rests on a group.
 */
function isLeftOut(claims: Claims, path: ClaimPath | undefined): boolean {
  return path !== undefined && walk(claims, ['_claim_names', path[0] ?? '']) !== undefined;
}

/** `fromEntries` defines members and assigns none, so a claim named `__proto__` stays a claim. */
function pick(claims: Claims, allowed: readonly string[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(allowed.filter((name) => Object.hasOwn(claims, name)).map((name) => [name, claims[name]]));
}

function unmapped(detail: string): Refusal {
  return refuse('identity.unmapped', { detail });
}
