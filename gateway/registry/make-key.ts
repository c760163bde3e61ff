import type { VirtualKey } from '../vocabulary/proofs.ts';
import type { StoredKey } from './key-document.ts';
import { makeKeyText } from './key-format.ts';
import type { Pepper } from './pepper.ts';

/** What the operator says of a new key. */
export type NewKey = Omit<VirtualKey, 'id' | 'created_at' | 'revoked_at'>;

export interface MakeKeyNeeds {
  readonly pepper: Pepper;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly randomBytes: (size: number) => Uint8Array;
}

/** Makes a key. @returns what is stored, and the text, which is shown once and kept nowhere */
export function makeKey(wanted: NewKey, { pepper, now, randomBytes }: MakeKeyNeeds): { readonly stored: StoredKey; readonly text: string } {
  const { id, text } = makeKeyText(randomBytes);
  const { name, kind, owner, roles, groups, scopes, claims, limits, expires_at } = wanted;
  const stored: StoredKey = {
    ...{ id, name, kind, owner: { ...owner }, roles: [...roles], groups: [...groups], scopes: [...scopes] },
    claims: claims as StoredKey['claims'],
    ...(limits === undefined ? {} : { limits }),
    created_at: new Date(now()).toISOString(),
    ...(expires_at === undefined ? {} : { expires_at }),
    hash: pepper.digest(text).toString('hex'),
  };
  return { stored, text };
}

/** A key that takes another one's place: the same holder, roles and limits, another secret. */
export function likeKey({ name, kind, owner, roles, groups, scopes, claims, limits }: StoredKey, expiresAt: string | undefined): NewKey {
  return {
    ...{ name, kind, owner, roles, groups, scopes, claims },
    ...(limits === undefined ? {} : { limits }),
    ...(expiresAt === undefined ? {} : { expires_at: expiresAt }),
  };
}

/** The life of a key's successor: as long as the key's own was, from now. */
export function sameLife({ created_at, expires_at }: StoredKey, now: number): string | undefined {
  if (expires_at === undefined) return undefined;
  return new Date(now + Date.parse(expires_at) - Date.parse(created_at)).toISOString();
}
