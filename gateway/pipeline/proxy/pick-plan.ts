/** What a picker looks for: paths of members, and of the containers that lead to them. */
export interface PickPlan {
  readonly wanted: ReadonlySet<string>;
  readonly onTheWay: ReadonlySet<string>;
}

/** Readers have few lists of paths, and every answer uses one. */
const plans = new WeakMap<readonly string[], PickPlan>();

/** @param paths dotted paths; the list must not change afterwards */
export function planPicks(paths: readonly string[]): PickPlan {
  const known = plans.get(paths);
  if (known !== undefined) return known;
  const prefixes = paths.flatMap((path) => [...path.matchAll(/\./g)].map(({ index }) => path.slice(0, index)));
  const plan = { wanted: new Set(paths), onTheWay: new Set(prefixes) };
  plans.set(paths, plan);
  return plan;
}
