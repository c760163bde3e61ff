import { Breakage } from '../../errors.ts';
import { makeFileKeyStore } from '../../registry/file-key-store.ts';
import type { StoredKey } from '../../registry/key-document.ts';
import { likeKey, makeKey, type NewKey, sameLife } from '../../registry/make-key.ts';
import { readOrMakePepper } from '../../registry/pepper-file.ts';
import type { CallAdmin } from '../admin-client.ts';
import type { KeysIo, KeysPlace } from './keys.ts';

/** A key as it is shown: never its hash. */
export type ShownKey = Omit<StoredKey, 'hash'> & { readonly last_used_at?: string };

export interface MadeKey {
  readonly shown: ShownKey;
  /** The key itself, shown this once. */
  readonly text: string;
  /** What else the operator must know. */
  readonly note?: string;
}

export interface Rotation {
  readonly overlapSeconds: number;
  /** RFC 3339; absent: as long as the old one's life was. */
  readonly expiresAt?: string;
}

/** Where keys are made and taken back: the files of this machine, or the doors of a running gateway. */
export interface KeysDesk {
  list(): Promise<readonly ShownKey[]>;
  create(wanted: NewKey): Promise<MadeKey>;
  rotate(id: string, rotation: Rotation): Promise<MadeKey & { readonly until: string }>;
  /** @returns when it had been revoked before */
  revoke(id: string): Promise<{ readonly already?: string }>;
}

/** The files of this machine. A running gateway follows within about a second. */
export function openLocalDesk({ file, pepperFile }: KeysPlace, io: KeysIo): KeysDesk {
  const store = makeFileKeyStore({ path: file });
  const making = (pepper: ReturnType<typeof readOrMakePepper>['pepper']) => ({ pepper, now: io.now, randomBytes: io.randomBytes });

  return {
    async list() {
      const uses = await store.lastUses();
      return (await store.all()).map((key) => show(key, uses.get(key.id)));
    },

    async create(wanted) {
      const { pepper, made } = readOrMakePepper(pepperFile, io.randomBytes);
      const { stored, text } = makeKey(wanted, making(pepper));
      await store.add(stored);
      const note = `Made a pepper: ${pepperFile}. Keep it secret and keep it: without it every key is void.`;
      return { shown: show(stored, undefined), text, ...(made ? { note } : {}) };
    },

    async rotate(id, { overlapSeconds, expiresAt }) {
      const before = (await store.all()).find((key) => key.id === id);
      if (before === undefined) throw new Breakage('admin.not-found', 'There is no key with this id. See: regate keys list');
      const { pepper } = readOrMakePepper(pepperFile, io.randomBytes);
      const { stored, text } = makeKey(likeKey(before, expiresAt ?? sameLife(before, io.now())), making(pepper));
      const until = new Date(io.now() + overlapSeconds * 1000).toISOString();
      await store.add(stored, { id, until });
      return { shown: show(stored, undefined), text, until };
    },

    revoke: (id) => store.revoke(id, new Date(io.now()).toISOString()),
  };
}

/** The doors of a running gateway, where the policy decides and the record tells who did it. */
export function openRemoteDesk(call: CallAdmin): KeysDesk {
  const at = (id: string) => `/v1/keys/${encodeURIComponent(id)}`;
  const split = (answer: unknown): MadeKey => {
    const {
      key: text,
      replaces: _replaces,
      replaced_until: _until,
      ...shown
    } = answer as ShownKey & Record<string, unknown> & { key: string };
    return { shown, text };
  };
  return {
    list: async () => ((await call('GET', '/v1/keys')) as { readonly keys: readonly ShownKey[] }).keys,
    create: async (wanted) => split(await call('POST', '/v1/keys', wanted)),
    async rotate(id, { overlapSeconds, expiresAt }) {
      const body = { overlap_seconds: overlapSeconds, ...(expiresAt === undefined ? {} : { expires_at: expiresAt }) };
      const answer = await call('POST', `${at(id)}/rotate`, body);
      return { ...split(answer), until: (answer as { readonly replaced_until: string }).replaced_until };
    },
    async revoke(id) {
      await call('DELETE', at(id));
      return {};
    },
  };
}

function show({ hash: _hash, ...key }: StoredKey, lastUsed: string | undefined): ShownKey {
  return { ...key, ...(lastUsed === undefined ? {} : { last_used_at: lastUsed }) };
}
