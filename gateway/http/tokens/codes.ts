import type { Clock } from '../../vocabulary/clock.ts';
import type { Shelf } from '../../vocabulary/session.ts';
import { hashOf } from './secrets.ts';

/** What an authorization code stands for. */
export interface CodeGrant {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly challenge: string;
  readonly sessionId: string;
  readonly scopes: readonly string[];
  /** The family of tokens that will come of it: known from the beginning, so that a replay can end it at any moment. */
  readonly family: string;
}

export interface Codes {
  /** Makes a code; it is good once, for a minute. */
  make(grant: CodeGrant): Promise<string>;
  /** Takes a code. `{replayed}`: it was taken before, however long ago its minute was. */
  take(code: string): Promise<CodeGrant | { readonly replayed: CodeGrant } | undefined>;
}

const lifeMs = 60_000;
/** For how long a replay is recognised. */
const memoryMs = 24 * 3_600_000;

/** Makes the keeper of authorization codes (RFC 6749 section 4.1.2): only hashes of them are kept. */
export function makeCodes({
  shelf,
  clock,
  randomBytes,
}: {
  readonly shelf: Shelf;
  readonly clock: Clock;
  readonly randomBytes: (size: number) => Uint8Array;
}): Codes {
  return {
    async make(grant) {
      const code = Buffer.from(randomBytes(32)).toString('base64url');
      const now = clock.now();
      await shelf.put(`code:${hashOf(code)}`, JSON.stringify({ grant, until: now + lifeMs }), now + memoryMs);
      return code;
    },
    async take(code) {
      const text = await shelf.get(`code:${hashOf(code)}`);
      if (text === undefined) return undefined;
      const { grant, until } = JSON.parse(text) as { readonly grant: CodeGrant; readonly until: number };
      // Of two that come at once one puts the mark, and the other is a replay, whether or not the first has got its tokens yet.
      if (!(await shelf.add(`code-used:${hashOf(code)}`, '', clock.now() + memoryMs))) return { replayed: grant };
      return clock.now() < until ? grant : undefined;
    },
  };
}
