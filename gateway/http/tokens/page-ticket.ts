import type { Clock } from '../../vocabulary/clock.ts';
import type { Shelf } from '../../vocabulary/session.ts';
import { hashOf } from './secrets.ts';

export interface PageTickets {
  /** For the form of a page that is shown to a session. */
  give(session: string): Promise<string>;
  /** Takes it: once, and only in the session whose page it was. In another one it is over all the same. */
  take(ticket: string | undefined, session: string): Promise<boolean>;
}

export interface PageTicketsNeeds {
  readonly shelf: Shelf;
  readonly clock: Pick<Clock, 'now'>;
  readonly randomBytes: (size: number) => Uint8Array;
}

/** How long somebody may look at a page before clicking. */
const ticketMs = 10 * 60_000;

/**
 * Makes what ties the form of a page to the login that saw it. Browsers say that a form came from our own page, not to whom that was shown: without this a
 * person who logs in as somebody else in another tab would give in one name what the page shows in another.
 */
export function makePageTickets({ shelf, clock, randomBytes }: PageTicketsNeeds): PageTickets {
  return {
    async give(session) {
      const ticket = Buffer.from(randomBytes(32)).toString('base64url');
      await shelf.put(`ticket:${hashOf(ticket)}`, session, clock.now() + ticketMs);
      return ticket;
    },
    take: async (ticket, session) => ticket !== undefined && (await shelf.take(`ticket:${hashOf(ticket)}`)) === session,
  };
}
