import { timingSafeEqual } from 'node:crypto';
import { refuse } from '../../errors.ts';
import { keyPrefix, readKeyText } from '../../registry/key-format.ts';
import type { KeyRing } from '../../registry/key-ring.ts';
import type { Pepper } from '../../registry/pepper.ts';
import type { Clock } from '../../vocabulary/clock.ts';
import type { Authenticator } from './authenticate.ts';

export interface VirtualKeyNeeds {
  readonly keys: KeyRing;
  readonly pepper: Pepper;
  /** Is told of every key that was used. */
  readonly used?: (id: string) => void;
  readonly clock: Pick<Clock, 'now'>;
}

/** Compared with in place of a key that does not exist. No HMAC is all zeros but by an accident of 2^-256, and `find` has failed then anyway. */
const nothing = new Uint8Array(32);

/**
 * Makes the authenticator of virtual keys.
 *
 * @param needs `undefined` where no keys are configured: every key is then an unknown one
 * @returns proof, or `credential.malformed`, `credential.invalid`, `credential.revoked`, `credential.expired`; `undefined` for what does not
 *   begin with `rg_`
 */
export function makeVirtualKeyAuthenticator(needs: VirtualKeyNeeds | undefined): Authenticator {
  return function authenticateKey(credential) {
    const text = credential.reveal();
    if (!text.startsWith(keyPrefix)) return undefined;
    const parts = readKeyText(text);
    if (parts === undefined) return refuse('credential.malformed', { detail: 'a virtual key with a wrong form or checksum' });
    if (needs === undefined) return refuse('credential.invalid', { detail: 'no virtual keys are configured' });
    const found = needs.keys.find(parts.id);
    if (found === 'unknown') return refuse('credential.registry-unavailable', { detail: 'the copy of the virtual keys is too old' });
    // The same work for a key that exists and one that does not: time tells nothing about ids.
    const matches = timingSafeEqual(needs.pepper.digest(parts.text), found?.hash ?? nothing);
    if (found === undefined) return refuse('credential.invalid', { detail: 'no virtual key has this id' });
    if (!matches) return refuse('credential.invalid', { detail: 'the secret of the virtual key is another one' });
    // Only the holder of the secret learns that it was revoked or has expired.
    if (found.key.revoked_at !== undefined) return refuse('credential.revoked', { detail: `the virtual key ${found.key.id} is revoked` });
    if (needs.clock.now() >= found.expiresAt)
      return refuse('credential.expired', { detail: `the virtual key ${found.key.id} has expired` });
    needs.used?.(found.key.id);
    return { method: 'virtual-key', key: found.key };
  };
}
