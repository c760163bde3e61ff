import { isRefusal, type Refusal, refuse } from '../../errors.ts';
import type { Principal } from '../../vocabulary/identity.ts';
import type { Claims } from './claim-path.ts';
import type { MapParty } from './map-party.ts';

export interface ActorNeeds {
  /** Absent where the issuer's configuration has no mapping of actors: then nobody may act for anybody. */
  readonly mapActor?: MapParty;
  readonly maxActors: number;
}

/**
 * Follows the `act` claim (RFC 8693 section 4.1). The outermost `act` is the current actor; each `act` inside is the one before. The RFC makes
 * the prior ones informational. Here each is a principal that the policy must permit, so they can only narrow.
 *
 * Roles and claims of an actor come from its own object: what surrounds it speaks of somebody else.
 *
 * @param claims of the token
 * @param originator whom `sub` names
 * @returns the actors in order of the chain, the first one to act first and the caller last; or `identity.delegation-refused`
 */
export function readActors(claims: Claims, originator: Principal, needs: ActorNeeds): readonly Principal[] | Refusal {
  const actors: Principal[] = [];
  const ids = new Set([originator.id]);
  let at = claims;
  while (Object.hasOwn(at, 'act')) {
    const act = at['act'];
    if (needs.mapActor === undefined) return refused('no actors are configured for the issuer');
    if (actors.length === needs.maxActors) return refused('more actors than the issuer may name');
    if (!isClaims(act)) return refused('act is no object');
    // An actor of another issuer would need that issuer's signature; this one can speak for its own subjects only.
    if (act['iss'] !== undefined && act['iss'] !== claims['iss']) return refused('an actor of another issuer');
    const actor = needs.mapActor({ claims: act, method: 'delegated' });
    if (isRefusal(actor)) return refused(actor.detail ?? 'an actor cannot be mapped');
    if (ids.has(actor.id)) return refused('a principal stands in the chain twice');
    ids.add(actor.id);
    actors.push(actor);
    at = act;
  }
  return actors.reverse();
}

function isClaims(value: unknown): value is Claims {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refused(detail: string): Refusal {
  return refuse('identity.delegation-refused', { detail });
}
