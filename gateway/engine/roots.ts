import { isObject } from '../json/is-object.ts';
/*
 * Roots say which parts of `data` a bundle owns, as slash paths without a slash at either end; the empty path is all of `data`. OPA's rule: what a
 * bundle holds lies under its roots, and no two bundles' roots overlap.
 */

/** Says whether everything under `path` lies under one of the roots. */
export function isCovered(path: string, roots: readonly string[]): boolean {
  return roots.some((root) => root === '' || path === root || path.startsWith(`${root}/`));
}

/** The first pair of roots of which one lies within the other. */
export function findOverlap(one: readonly string[], other: readonly string[]): readonly [string, string] | undefined {
  for (const left of one) {
    const right = other.find((root) => isCovered(left, [root]) || isCovered(root, [left]));
    if (right !== undefined) return [left, right];
  }
  return undefined;
}

/** The first path in the data that no root covers, as `a/b`. */
export function findUncovered(data: Readonly<Record<string, unknown>>, roots: readonly string[], above = ''): string | undefined {
  for (const [key, value] of Object.entries(data)) {
    const path = above === '' ? key : `${above}/${key}`;
    if (isCovered(path, roots)) continue;
    // An object on the way to a root is only the way; anything else is content that no root covers.
    const onTheWay = isObject(value) && roots.some((root) => root.startsWith(`${path}/`));
    const found = onTheWay ? findUncovered(value, roots, path) : path;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Puts data together whose roots do not overlap: only objects on the way to a root are in both. */
export function mergeData(one: Readonly<Record<string, unknown>>, other: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const merged = new Map(Object.entries(one));
  for (const [key, value] of Object.entries(other)) {
    const known = merged.get(key);
    merged.set(key, isObject(known) && isObject(value) ? mergeData(known, value) : value);
  }
  // `fromEntries` defines what assignment would not: a key called `__proto__` stays data.
  return Object.fromEntries(merged);
}
