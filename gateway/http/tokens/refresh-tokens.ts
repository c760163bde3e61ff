import type { RevocationStore } from '../../registry/revocation.ts';
import type { Clock } from '../../vocabulary/clock.ts';
import type { Shelf } from '../../vocabulary/session.ts';
import type { Minted } from '../../vocabulary/tokens.ts';
import { hashOf, isSame } from './secrets.ts';

/** What a family of refresh tokens stands for: all that came of one login of one program. */
export interface Family {
  readonly id: string;
  readonly clientId: string;
  readonly sessionId: string;
  readonly scopes: readonly string[];
  /** Milliseconds since the epoch: the session's end. */
  readonly endsAt: number;
  /** The key that tokens of this family are bound to. */
  readonly jkt?: string;
}

interface Kept extends Family {
  /** Of the one token that is good now. */
  readonly hash: string;
}

export interface Rotated {
  readonly family: Family;
  readonly next: string;
  /** Makes the token that was taken the good one again: nothing was given for it. */
  undo(): Promise<void>;
}

export interface RefreshTokens {
  /** Begins a family with its first access token. @returns the first refresh token; `undefined` where the family was ended before it began */
  begin(family: Family, first: Minted): Promise<string | undefined>;
  /**
   * Takes a refresh token and gives its family with the next one. Each is good once (RFC 9700 section 4.14.2): one that comes again was stolen, by the first
   * who used it or by the second. A text that was never one of the family says nothing about it.
   */
  rotate(token: string): Promise<Rotated | { readonly reused: Family } | undefined>;
  /** Notes an access token of a family. @returns whether the family still lives; where it does not, the token has been taken back */
  note(family: Family, minted: Minted): Promise<boolean>;
  /** The family of a refresh token, used or not. */
  find(token: string): Promise<Family | undefined>;
  /** Ends a family: no refresh token of it counts, now or later, and its access tokens are taken back. @returns their ids */
  end(id: string): Promise<readonly string[]>;
}

export interface RefreshTokensNeeds {
  readonly shelf: Shelf;
  /** Absent where the gateway keeps no revocations: access tokens then hold until they expire. */
  readonly revocations?: Pick<RevocationStore, 'add'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly randomBytes: (size: number) => Uint8Array;
}

const form = /^rgr_([A-Za-z0-9-]{8,64})_([A-Za-z0-9_-]{43})$/;
/** Longer than any session may last: a late step of something under way must not bring a family back. */
const endedMs = 31 * 86_400_000;

/** Makes the keeper of refresh tokens: only hashes of them are kept. */
export function makeRefreshTokens({ shelf, revocations, clock, randomBytes }: RefreshTokensNeeds): RefreshTokens {
  const place = (id: string) => `refresh:${id}`;
  const used = (hash: string) => `refresh-used:${hash}`;
  const ended = (id: string) => `refresh-ended:${id}`;

  /** Written first and looked after: an end that comes in between is seen here, one that comes later finds what was written. @returns whether the family lives */
  async function write(kept: Kept): Promise<boolean> {
    await shelf.put(place(kept.id), JSON.stringify(kept), kept.endsAt);
    if ((await shelf.get(ended(kept.id))) === undefined) return true;
    await shelf.take(place(kept.id));
    return false;
  }

  async function keep(family: Family): Promise<string | undefined> {
    const token = `rgr_${family.id}_${Buffer.from(randomBytes(32)).toString('base64url')}`;
    return (await write({ ...family, hash: hashOf(token) })) ? token : undefined;
  }

  async function read(token: string): Promise<{ readonly kept: Kept; readonly hash: string; readonly current: boolean } | undefined> {
    const id = form.exec(token)?.[1];
    const text = id === undefined ? undefined : await shelf.get(place(id));
    if (text === undefined) return undefined;
    const kept = JSON.parse(text) as Kept;
    const hash = hashOf(token);
    const current = isSame(kept.hash, hash);
    return current || (await shelf.get(used(hash))) === kept.id ? { kept, hash, current } : undefined;
  }

  async function takeBack(id: string, until: number): Promise<void> {
    await revocations?.add({ kind: 'token', id, at: new Date(clock.now()).toISOString(), until: new Date(until).toISOString() });
  }

  async function note(family: Family, { id, expiresAt }: Minted): Promise<boolean> {
    await shelf.enlist(`family-tokens:${family.id}`, `${id} ${expiresAt}`, expiresAt);
    if ((await shelf.get(ended(family.id))) === undefined) return true;
    await takeBack(id, expiresAt);
    return false;
  }

  return {
    note,
    begin: async (family, first) => ((await note(family, first)) ? keep(family) : undefined),
    async rotate(token) {
      const found = await read(token);
      if (found === undefined) return undefined;
      const family = withoutHash(found.kept);
      // Of two that come at once, one puts the mark.
      if (!found.current || !(await shelf.add(used(found.hash), family.id, family.endsAt))) return { reused: family };
      const next = await keep(family);
      if (next === undefined) return undefined;
      return {
        family,
        next,
        async undo() {
          if (await write(found.kept)) await shelf.take(used(found.hash));
        },
      };
    },
    async find(token) {
      const found = await read(token);
      return found === undefined ? undefined : withoutHash(found.kept);
    },
    async end(id) {
      await shelf.put(ended(id), '', clock.now() + endedMs);
      await shelf.take(place(id));
      const tokens = (await shelf.members(`family-tokens:${id}`)).map((member) => member.split(' '));
      for (const [token = '', until = ''] of tokens) await takeBack(token, Number(until));
      return tokens.map(([token = '']) => token);
    },
  };
}

function withoutHash({ hash: _hash, ...family }: Kept): Family {
  return family;
}
