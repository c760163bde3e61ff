import type { VirtualKey } from '../vocabulary/proofs.ts';

/** A key as it is looked up. */
export interface RingKey {
  readonly key: VirtualKey;
  /** HMAC-SHA-256 of the key's text under the pepper. */
  readonly hash: Uint8Array;
  /** Milliseconds since the epoch; infinite where it does not expire. */
  readonly expiresAt: number;
}

/** Where virtual keys are kept. */
export interface KeyRing {
  /** `unknown` where the copy of the keys is older than it may be: nobody can say whether there is such a key. */
  find(id: string): RingKey | 'unknown' | undefined;
}
