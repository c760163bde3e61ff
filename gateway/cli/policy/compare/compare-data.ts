import { isObject } from '../../../json/is-object.ts';
/** One place in data that two bundles do not agree on. */
export interface DataChange {
  /** As Rego would write it: `data.roles.engineer`, `data.roles["on call"]`. */
  readonly path: string;
  readonly change: 'added' | 'removed' | 'changed';
  readonly before?: unknown;
  readonly after?: unknown;
  /** Of two lists: what only one of them holds. Both absent: the order or the count differs. */
  readonly items?: { readonly added: readonly unknown[]; readonly removed: readonly unknown[] };
}

/** Compares two data documents. Where an object is on one side only it is one change, not one for each of its leaves. */
export function compareData(before: unknown, after: unknown, path = 'data'): readonly DataChange[] {
  if (isObject(before) && isObject(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    return keys.flatMap((key) => compareMember(before, after, key, `${path}${step(key)}`));
  }
  if (JSON.stringify(sorted(before)) === JSON.stringify(sorted(after))) return [];
  const items = Array.isArray(before) && Array.isArray(after) ? { items: compareItems(before, after) } : {};
  return [{ path, change: 'changed', before, after, ...items }];
}

type Document = Readonly<Record<string, unknown>>;

function compareMember(before: Document, after: Document, key: string, path: string): readonly DataChange[] {
  const [had, has] = [Object.hasOwn(before, key), Object.hasOwn(after, key)];
  if (had && has) return compareData(before[key], after[key], path);
  return has ? [{ path, change: 'added', after: after[key] }] : [{ path, change: 'removed', before: before[key] }];
}

/** Lists in data are mostly meant as sets, so what came and what went says more than which index differs. */
function compareItems(before: readonly unknown[], after: readonly unknown[]): NonNullable<DataChange['items']> {
  const name = (item: unknown) => JSON.stringify(sorted(item));
  const [old, fresh] = [new Set(before.map(name)), new Set(after.map(name))];
  return { added: after.filter((item) => !old.has(name(item))), removed: before.filter((item) => !fresh.has(name(item))) };
}

function step(key: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  );
}
