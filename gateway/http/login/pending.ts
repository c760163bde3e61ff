import type { Clock } from '../../vocabulary/clock.ts';
import type { Shelf } from '../../vocabulary/session.ts';
import type { Wish } from './ask.ts';

/** A login that has been begun and not ended. */
export interface Pending extends Wish {
  readonly alias: string;
  /** The browser in which it was begun. */
  readonly browser: string;
  /** OpenID Connect: what the answer must hold, and what the code is redeemed with. */
  readonly oidc?: { readonly nonce: string; readonly verifier: string };
}

/** How long somebody may take at the identity provider. */
const pendingMs = 15 * 60_000;

export interface PendingLogins {
  /** @param name the `state`, or the ID of the SAML request: a fresh random value that only the right answer can hold */
  put(name: string, pending: Pending): Promise<void>;
  /**
   * Takes a pending login: it answers once. One of another provider, or of another browser, is not given, and is over all the same: an answer that
   * turns up in the wrong place has been seen by somebody who should not have it.
   */
  take(name: string, alias: string, browser: string | undefined): Promise<Pending | undefined>;
}

export function makePendingLogins({ shelf, clock }: { readonly shelf: Shelf; readonly clock: Pick<Clock, 'now'> }): PendingLogins {
  return {
    put: (name, pending) => shelf.put(`pending:${name}`, JSON.stringify(pending), clock.now() + pendingMs),
    async take(name, alias, browser) {
      const text = await shelf.take(`pending:${name}`);
      const pending = text === undefined ? undefined : (JSON.parse(text) as Pending);
      return pending?.alias === alias && pending.browser === browser ? pending : undefined;
    },
  };
}
