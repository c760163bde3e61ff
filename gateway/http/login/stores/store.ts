import { RedisStore } from 'connect-redis';
import type { SessionData, Store } from 'express-session';
import type { Clock } from '../../../vocabulary/clock.ts';
import type { Logger } from '../../../vocabulary/logger.ts';
import type { SessionStoreConfiguration } from '../../../vocabulary/login.ts';
import type { Session, Shelf } from '../../../vocabulary/session.ts';
import { makeMemoryShelf } from './memory.ts';
import { openRedisShelf } from './redis.ts';
import { ShelfStore } from './shelf-store.ts';
import { openSqliteShelf } from './sqlite.ts';

/** What is kept of a session. It does not change while the session lasts, so that no late write can bring back one that has ended. */
export interface KeptSession extends Omit<Session, 'seenAt'> {
  /** Shown to the provider at logout as a hint (OpenID Connect RP-Initiated Logout section 2). It opens nothing at the gateway. */
  readonly idToken?: string;
  /** The format of a SAML NameID with its qualifiers, needed to name the person at single logout. */
  readonly nameId?: { readonly format?: string; readonly nameQualifier?: string; readonly spNameQualifier?: string };
}

declare module 'express-session' {
  interface SessionData {
    login?: KeptSession;
  }
}

/** Where sessions are kept: those of express-session, and a shelf for what goes with them. */
export interface SessionStore {
  readonly sessions: Store;
  readonly shelf: Shelf;
  close(): Promise<void>;
}

export interface SessionStoreNeeds {
  readonly store: SessionStoreConfiguration;
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Logger;
}

/**
 * Opens the configured store.
 * @throws Breakage `login.unavailable` where a file cannot be opened. A Redis that is away is no reason to throw.
 */
export async function openSessionStore({ store, clock, logger }: SessionStoreNeeds): Promise<SessionStore> {
  switch (store.kind) {
    case 'memory':
      return onShelf(makeMemoryShelf({ clock }));
    case 'sqlite':
      return onShelf(openSqliteShelf({ file: store.file, clock }));
    case 'redis': {
      const shelf = await openRedisShelf({ redis: store, clock, logger });
      const ttl = (session: SessionData) => Math.ceil(((session.login?.endsAt ?? 0) - clock.now()) / 1000);
      // Use does not prolong a session; how long it has been idle is kept beside it.
      const sessions = new RedisStore({ client: shelf.client, prefix: `${store.prefix}session:`, ttl, disableTouch: true });
      return { sessions, shelf, close: () => shelf.close() };
    }
  }
}

function onShelf(shelf: Shelf): SessionStore {
  return { sessions: new ShelfStore(shelf), shelf, close: () => shelf.close() };
}
