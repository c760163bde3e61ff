import { isRefusal, type Refusal, refuse } from '../../errors.ts';
import { isObject } from '../../json/is-object.ts';
import type { Assurance, IdentityChain, Owner, Principal } from '../../vocabulary/identity.ts';
import type { JwtProof, KeyLimits } from '../../vocabulary/proofs.ts';
import { isWord, readNames } from './claim-path.ts';
import { describeToken } from './token-link.ts';

/** The alias under which the gateway's own tokens are verified. Configured issuers cannot have it. */
export const ownAlias = 'regate';

const kinds: ReadonlySet<string> = new Set(['person', 'service', 'agent', 'team']);
const methods: ReadonlySet<string> = new Set(['oidc', 'saml', 'jwt', 'mtls', 'spiffe', 'kubernetes', 'virtual-key', 'delegated']);
const longestChain = 16;

/**
 * Reads the chain back that the gateway has put into a token of its own. Only here may a token name principals of other issuers: its signature is the
 * gateway's, which had verified each of them when it made the token. What the standard's claims say must be the same chain, or it is no token of ours.
 *
 * @returns the chain, or `identity.unmapped`
 */
export function chainOwnToken(proof: JwtProof): IdentityChain | Refusal {
  const { claims } = proof;
  const carried = claims['principals'];
  if (!Array.isArray(carried) || carried.length === 0 || carried.length > longestChain) return unmapped('there is no chain in it');
  const principals: Principal[] = [];
  for (const each of carried) {
    const principal = readPrincipal(each);
    if (principal === undefined) return unmapped('a principal is malformed');
    principals.push(principal);
  }
  const [originator, ...actors] = principals;
  if (originator === undefined || claims['sub'] !== originator.id || !isNestOf(claims['act'], actors)) {
    return unmapped('sub and act tell of another chain');
  }
  const token = describeToken(proof, 'jwt');
  if (isRefusal(token)) return token;
  const limits = claims['limits'];
  if (limits !== undefined && !isLimits(limits)) return unmapped('its limits are malformed');
  return {
    chain: [...principals, limits === undefined ? token : { ...token, limits }],
    principals: [originator, ...actors],
    originator,
    caller: actors.at(-1) ?? originator,
    attested: {},
  };
}

/** The outermost `act` is the last actor. */
function isNestOf(act: unknown, actors: readonly Principal[]): boolean {
  let at = act;
  for (const { id } of actors.toReversed()) {
    if (!isObject(at) || at['sub'] !== id) return false;
    at = at['act'];
  }
  return at === undefined;
}

function readPrincipal(value: unknown): Principal | undefined {
  if (!isObject(value)) return undefined;
  const { kind, id, issuer, method, claims } = value;
  const roles = readNames(value['roles']);
  const groups = readNames(value['groups']);
  if (typeof kind !== 'string' || !kinds.has(kind) || typeof method !== 'string' || !methods.has(method)) return undefined;
  if (!isWord(id) || !isWord(issuer) || !id.startsWith(`${issuer}:`) || issuer === ownAlias) return undefined;
  if (roles === undefined || groups === undefined || !isObject(claims)) return undefined;
  const owner = readOwner(value['owner']);
  const assurance = readAssurance(value['assurance']);
  if (owner === 'malformed' || assurance === 'malformed') return undefined;
  return {
    ...{ kind: kind as Principal['kind'], id, issuer, method: method as Principal['method'], roles, groups, claims },
    ...(owner === undefined ? {} : { owner }),
    ...(assurance === undefined ? {} : { assurance }),
  };
}

function readOwner(value: unknown): Owner | undefined | 'malformed' {
  if (value === undefined) return undefined;
  if (!isObject(value) || !isWord(value['id'])) return 'malformed';
  const { kind, id } = value;
  return kind === 'person' || kind === 'team' ? { kind, id } : 'malformed';
}

function readAssurance(value: unknown): Assurance | undefined | 'malformed' {
  if (value === undefined) return undefined;
  if (!isObject(value)) return 'malformed';
  const { mfa, acr, auth_time: authTime } = value;
  if (mfa !== undefined && typeof mfa !== 'boolean') return 'malformed';
  if (acr !== undefined && !isWord(acr)) return 'malformed';
  if (authTime !== undefined && !isWord(authTime)) return 'malformed';
  return {
    ...(mfa === undefined ? {} : { mfa }),
    ...(acr === undefined ? {} : { acr }),
    ...(authTime === undefined ? {} : { auth_time: authTime }),
  };
}

/** Limits that could not be read would be limits that nobody keeps. */
function isLimits(value: unknown): value is KeyLimits {
  if (!isObject(value)) return false;
  const { models, cidrs, budget, ...others } = value;
  const lists = [models, cidrs].filter((list) => list !== undefined);
  if (
    Object.keys(others).length > 0 ||
    !lists.every((list) => Array.isArray(list) && list.every((one: unknown) => typeof one === 'string'))
  ) {
    return false;
  }
  return budget === undefined || (isObject(budget) && Object.values(budget).every((amount) => typeof amount === 'number'));
}

function unmapped(detail: string): Refusal {
  return refuse('identity.unmapped', { detail: `a token of the gateway's own: ${detail}` });
}
