import type { StoredKey } from './key-document.ts';

/** Where virtual keys are kept and changed. Requests do not come here: they look into a copy in memory (`KeyRing`). */
export interface KeyStore {
  all(): Promise<readonly StoredKey[]>;
  /**
   * Adds a key.
   * @param replaces the key whose place it takes: that one ends at `until` (RFC 3339), in the same step
   * @throws Breakage `admin.conflict` where the name has another holder, `admin.not-found` where there is no key to replace
   */
  add(key: StoredKey, replaces?: { readonly id: string; readonly until: string }): Promise<void>;
  /**
   * Revokes a key for good; it stays known, so that it is refused as revoked.
   * @param at RFC 3339
   * @returns when it was revoked before, where it was
   * @throws Breakage `admin.not-found`
   */
  revoke(id: string, at: string): Promise<{ readonly already?: string }>;
  /** Notes when keys were last used: public id → milliseconds since the epoch. */
  noteUses(uses: ReadonlyMap<string, number>): Promise<void>;
  /** Public id → RFC 3339. */
  lastUses(): Promise<ReadonlyMap<string, string>>;
}
