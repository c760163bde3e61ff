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
}

export interface Codes {
  /** Makes a code; it is good once, for a minute. */
  make(grant: CodeGrant): Promise<string>;
  /** Takes a code. `{replayed}`: it was taken before, and the family of tokens is the one that came of it. */
  take(code: string): Promise<CodeGrant | { readonly replayed: string } | undefined>;
  /** Remembers what came of a code, so that a replay can end it. */
  settle(code: string, family: string): Promise<void>;
}

const lifeMs = 60_000;
/** For how long a replay is recognised: as long as what came of the first use may live. */
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
      await shelf.put(`code:${hashOf(code)}`, JSON.stringify(grant), clock.now() + lifeMs);
      return code;
    },
    async take(code) {
      const kept = await shelf.take(`code:${hashOf(code)}`);
      if (kept !== undefined) return JSON.parse(kept) as CodeGrant;
      const family = await shelf.get(`used-code:${hashOf(code)}`);
      return family === undefined ? undefined : { replayed: family };
    },
    settle: (code, family) => shelf.put(`used-code:${hashOf(code)}`, family, clock.now() + memoryMs),
  };
}
