import { hash } from 'node:crypto';
import type { JwtProof } from '../../vocabulary/proofs.ts';

/** A verified token as the cache remembers it. */
export interface Verified {
  readonly proof: JwtProof;
  /** Milliseconds since the epoch; from then on it must be verified again. */
  readonly until: number;
  /** The key set that its signature was verified with. */
  readonly keys: number;
}

export interface TokenCache {
  /** @param digest of the token, by `digestToken` */
  get(digest: string): Verified | undefined;
  put(digest: string, verified: Verified): void;
  remove(digest: string): void;
  /** How many tokens it holds. */
  size(): number;
}

/** SHA-256, base64url. A heap dump then shows no token. */
export function digestToken(token: string): string {
  return hash('sha256', token, 'base64url');
}

/**
 * Makes a cache of verified tokens, bounded, that forgets those first that have not been used for longest. It holds no policy: whether an entry
 * may still be used is for its user to say.
 *
 * @param capacity number of tokens; more callers than that are verified anew, never refused
 */
export function makeTokenCache(capacity: number): TokenCache {
  // Two generations: a hit in the young one moves nothing. When the young one is full it becomes the old one, and the old one is forgotten.
  const half = Math.max(1, Math.ceil(capacity / 2));
  let young = new Map<string, Verified>();
  let old = new Map<string, Verified>();
  function put(digest: string, verified: Verified): void {
    if (young.size >= half && !young.has(digest)) {
      old = young;
      young = new Map();
    }
    young.set(digest, verified);
    old.delete(digest);
  }
  return {
    get(digest) {
      const found = young.get(digest);
      if (found !== undefined) return found;
      const aged = old.get(digest);
      if (aged !== undefined) put(digest, aged);
      return aged;
    },
    put,
    remove(digest) {
      young.delete(digest);
      old.delete(digest);
    },
    size: () => young.size + old.size,
  };
}
