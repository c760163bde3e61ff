import { Breakage, type Refusal, refuse } from '../../errors.ts';
import type { StoredKey } from '../../registry/key-document.ts';
import type { KeyStore } from '../../registry/key-store.ts';
import { likeKey, makeKey, sameLife } from '../../registry/make-key.ts';
import { readNewKey, readRotation } from '../../registry/new-key.ts';
import type { Pepper } from '../../registry/pepper.ts';
import type { Clock } from '../../vocabulary/clock.ts';
import type { AdminDoor } from './door.ts';
import { clampExpiry } from './limits.ts';

export interface KeyDoorsNeeds {
  readonly store: KeyStore;
  readonly pepper: Pepper;
  readonly clock: Clock;
  readonly randomBytes: (size: number) => Uint8Array;
}

/**
 * The doors of virtual keys: list, create, rotate (the old one goes on for a while), revoke. A key's text is in one answer, once; its hash in none.
 * The policy sees what a new key would be, so that nobody makes a key that may do more than he.
 */
export function makeKeyDoors({ store, pepper, clock, randomBytes }: KeyDoorsNeeds): readonly AdminDoor[] {
  const making = { pepper, now: () => clock.now(), randomBytes };

  return [
    {
      method: 'GET',
      path: '/v1/keys',
      ask: () => ({ action: 'keys.list' }),
      act: () =>
        attempt(async () => {
          const uses = await store.lastUses();
          return { status: 200, json: { keys: (await store.all()).map((key) => show(key, uses.get(key.id))) } };
        }),
    },
    {
      method: 'POST',
      path: '/v1/keys',
      ask({ body }) {
        const wanted = readNewKey(body);
        if ('problem' in wanted) return refuse('admin.malformed', { detail: wanted.problem });
        return { action: 'keys.create', resource: { type: 'key' }, parameters: { ...wanted.value } };
      },
      act: ({ body }, { limits }) =>
        attempt(async () => {
          const wanted = readNewKey(body);
          if ('problem' in wanted) return refuse('admin.malformed');
          const expires = clampExpiry(wanted.value.expires_at, limits, clock.now());
          if ('kind' in expires) return expires;
          const { stored, text } = makeKey({ ...wanted.value, ...expires }, making);
          await store.add(stored);
          return { status: 201, json: { ...show(stored, undefined), key: text } };
        }),
    },
    {
      method: 'POST',
      path: '/v1/keys/:id/rotate',
      ask({ path, body }) {
        const asked = readRotation(body);
        if ('problem' in asked) return refuse('admin.malformed', { detail: asked.problem });
        return { action: 'keys.rotate', resource: { type: 'key', id: path['id'] ?? '' }, parameters: { ...asked.value } };
      },
      act: ({ path, body }, { limits }) =>
        attempt(async () => {
          const asked = readRotation(body);
          if ('problem' in asked) return refuse('admin.malformed');
          const before = (await store.all()).find(({ id }) => id === path['id']);
          if (before === undefined) return refuse('admin.not-found');
          const now = clock.now();
          const expires = clampExpiry(asked.value.expires_at ?? sameLife(before, now), limits, now);
          if ('kind' in expires) return expires;
          const { stored, text } = makeKey(likeKey(before, expires.expires_at), making);
          const until = new Date(now + asked.value.overlap_seconds * 1000).toISOString();
          await store.add(stored, { id: before.id, until });
          return { status: 201, json: { ...show(stored, undefined), key: text, replaces: before.id, replaced_until: until } };
        }),
    },
    {
      method: 'DELETE',
      path: '/v1/keys/:id',
      ask: ({ path }) => ({ action: 'keys.revoke', resource: { type: 'key', id: path['id'] ?? '' } }),
      act: ({ path }, { limits }) =>
        attempt(async () => {
          if (Object.keys(limits).length > 0) return refuse('policy.unknown-obligation');
          const id = path['id'] ?? '';
          const at = new Date(clock.now()).toISOString();
          const { already } = await store.revoke(id, at);
          return { status: 200, json: { id, revoked_at: already ?? at } };
        }),
    },
  ];
}

/** What may be known of a key: everything but its hash. */
function show({ hash: _hash, ...key }: StoredKey, lastUsed: string | undefined): object {
  return { ...key, ...(lastUsed === undefined ? {} : { last_used_at: lastUsed }) };
}

/** What the store refuses is told; what breaks is for the log. */
export async function attempt<T>(work: () => Promise<T>): Promise<T | Refusal> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Breakage) || error.code === 'gateway.error') throw error;
    return refuse(error.code, { detail: error.message });
  }
}
