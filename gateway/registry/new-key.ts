import { z } from 'zod';
import { storedKey } from './key-document.ts';
import type { NewKey } from './make-key.ts';
import { type Revocation, revocation } from './revocation.ts';

const { name, kind, owner, roles, groups, scopes, claims, limits, expires_at } = storedKey.unwrap().shape;

const newKey = z.strictObject({
  ...{ name, kind, owner, limits, expires_at },
  roles: roles.default([]),
  groups: groups.default([]),
  scopes: scopes.default([]),
  claims: claims.default({}),
});

const rotation = z.strictObject({ overlap_seconds: z.int().min(0).max(31_536_000).default(86_400), expires_at });

const newRevocation = revocation.unwrap().omit({ at: true });

/** A problem names the place and what is expected there, never the value. */
export type Read<T> = { readonly value: T } | { readonly problem: string };

function read<T>(schema: z.ZodType<T>, body: unknown): Read<T> {
  const parsed = schema.safeParse(body ?? {});
  if (parsed.success) return { value: parsed.data };
  const [issue] = parsed.error.issues;
  return { problem: `${issue?.path.join('.') || 'the body'}: ${issue?.message ?? 'not valid'}` };
}

/** Reads what a caller says of a new key. */
export const readNewKey = (body: unknown): Read<NewKey> => read(newKey, body) as Read<NewKey>;

/** Reads how a key is to be rotated: for how long the old one goes on, and when the new one ends. */
export const readRotation = (body: unknown): Read<{ readonly overlap_seconds: number; readonly expires_at?: string }> =>
  read(rotation, body) as Read<{ readonly overlap_seconds: number; readonly expires_at?: string }>;

/** Reads what is to be revoked. */
export const readRevocation = (body: unknown): Read<Omit<Revocation, 'at'>> => read(newRevocation, body) as Read<Omit<Revocation, 'at'>>;
