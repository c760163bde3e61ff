import type { KeyLimits } from '../../vocabulary/proofs.ts';

/**
 * The scopes that an exchanged token may have: those of the subject token that the actor's own credential has, too. A credential without scopes leaves the
 * other's as they are.
 * @returns `undefined` where both have scopes and none is left: a token without scopes may be one without limits
 */
export function joinScopes(subject: readonly string[], actor: readonly string[]): readonly string[] | undefined {
  if (actor.length === 0) return subject;
  if (subject.length === 0) return actor;
  const both = subject.filter((scope) => actor.includes(scope));
  return both.length === 0 ? undefined : both;
}

/**
 * The limits of several credentials as one: each holds. @returns `undefined` where they cannot be written as one, or leave nothing
 */
export function joinLimits(all: readonly KeyLimits[]): KeyLimits | 'none' | undefined {
  let joined: KeyLimits | 'none' = 'none';
  for (const limits of all) {
    const next: KeyLimits | undefined = joined === 'none' ? limits : joinTwo(joined, limits);
    if (next === undefined) return undefined;
    joined = next;
  }
  return joined;
}

function joinTwo(one: KeyLimits, other: KeyLimits): KeyLimits | undefined {
  const models = one.models && other.models ? one.models.filter((model) => other.models?.includes(model)) : (one.models ?? other.models);
  // Two lists of ranges would need every range of one cut with every range of the other.
  if ((one.cidrs !== undefined && other.cidrs !== undefined) || models?.length === 0) return undefined;
  const cidrs = one.cidrs ?? other.cidrs;
  const tokens = least(one.budget?.tokens_per_day, other.budget?.tokens_per_day);
  const requests = least(one.budget?.requests_per_day, other.budget?.requests_per_day);
  const budget = {
    ...(tokens === undefined ? {} : { tokens_per_day: tokens }),
    ...(requests === undefined ? {} : { requests_per_day: requests }),
  };
  return {
    ...(models === undefined ? {} : { models }),
    ...(cidrs === undefined ? {} : { cidrs }),
    ...(Object.keys(budget).length === 0 ? {} : { budget }),
  };
}

function least(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined ? other : other === undefined ? one : Math.min(one, other);
}
