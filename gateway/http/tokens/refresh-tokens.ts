import type { Shelf } from '../../vocabulary/session.ts';
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

export interface RefreshTokens {
  begin(family: Family): Promise<string>;
  /**
   * Takes a refresh token and gives its family with the next one. Each is good once (RFC 9700 section 4.14.2): one that comes again was stolen, by the first
   * who used it or by the second, so the whole family ends.
   */
  rotate(token: string): Promise<{ readonly family: Family; readonly next: string } | { readonly reused: string } | undefined>;
  /** Ends a family. @returns what it was */
  end(id: string): Promise<Family | undefined>;
  /** The family that a token belongs to, whether or not the token is the good one. */
  familyOf(token: string): string | undefined;
}

const form = /^rgr_([A-Za-z0-9-]{8,64})_([A-Za-z0-9_-]{43})$/;

/** Makes the keeper of refresh tokens: only the hash of the one that is good now is kept. */
export function makeRefreshTokens({
  shelf,
  randomBytes,
}: {
  readonly shelf: Shelf;
  readonly randomBytes: (size: number) => Uint8Array;
}): RefreshTokens {
  const place = (id: string) => `refresh:${id}`;

  async function keep(family: Family): Promise<string> {
    const token = `rgr_${family.id}_${Buffer.from(randomBytes(32)).toString('base64url')}`;
    const kept: Kept = { ...family, hash: hashOf(token) };
    await shelf.put(place(family.id), JSON.stringify(kept), family.endsAt);
    return token;
  }

  async function end(id: string): Promise<Family | undefined> {
    const text = await shelf.take(place(id));
    return text === undefined ? undefined : withoutHash(JSON.parse(text) as Kept);
  }

  return {
    begin: keep,
    async rotate(token) {
      const id = form.exec(token)?.[1];
      if (id === undefined) return undefined;
      // Taken first: of two that come at once, one finds nothing.
      const text = await shelf.take(place(id));
      if (text === undefined) return undefined;
      const kept = JSON.parse(text) as Kept;
      if (!isSame(kept.hash, hashOf(token))) return { reused: id };
      const family = withoutHash(kept);
      return { family, next: await keep(family) };
    },
    end,
    familyOf: (token) => form.exec(token)?.[1],
  };
}

function withoutHash({ hash: _hash, ...family }: Kept): Family {
  return family;
}
