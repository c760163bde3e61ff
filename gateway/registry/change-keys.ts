import { Breakage } from '../errors.ts';
import type { StoredKey } from './key-document.ts';

/** Adds a key to a list; see {@link KeyStore}. The check of the whole list (one holder for each name) is made where it is written. */
export function addKey(
  keys: readonly StoredKey[],
  key: StoredKey,
  replaces?: { readonly id: string; readonly until: string },
): readonly StoredKey[] {
  if (replaces === undefined) return [...keys, key];
  const before = keys.find(({ id }) => id === replaces.id);
  if (before === undefined) throw new Breakage('admin.not-found', 'There is no key with this id. See: regate keys list');
  if (before.revoked_at !== undefined) throw new Breakage('admin.conflict', 'The key is revoked. Make a new one with: regate keys create');
  return [...keys.map((each) => (each === before ? endBy(before, replaces.until) : each)), key];
}

/** A key that ends sooner keeps its end: taking its place must not make it live longer. */
function endBy(key: StoredKey, until: string): StoredKey {
  const sooner = key.expires_at !== undefined && Date.parse(key.expires_at) <= Date.parse(until);
  return sooner ? key : { ...key, expires_at: until };
}

/** Revokes a key in a list. */
export function revokeKey(
  keys: readonly StoredKey[],
  id: string,
  at: string,
): { readonly keys: readonly StoredKey[]; readonly already?: string } {
  const key = keys.find((each) => each.id === id);
  if (key === undefined) throw new Breakage('admin.not-found', 'There is no key with this id. See: regate keys list');
  if (key.revoked_at !== undefined) return { keys, already: key.revoked_at };
  return { keys: keys.map((each) => (each === key ? { ...key, revoked_at: at } : each)) };
}
