import type { Request, RequestHandler, Response, Router } from 'express';
import type { Clock } from '../../vocabulary/clock.ts';
import type { Logger } from '../../vocabulary/logger.ts';
import type { Arrival } from '../../vocabulary/request.ts';
import type { Shelf } from '../../vocabulary/session.ts';
import type { Establish } from './establish.ts';
import type { Choice } from './pages.ts';
import type { PendingLogins } from './pending.ts';
import type { RefusedLogin, SessionRecords } from './session-records.ts';
import type { FoundSession, SessionKeeper } from './sessions.ts';

/** One visit to a door of the login. It answers by itself, or says why not. */
export type Visit = (req: Request, res: Response, arrival: Arrival) => Promise<RefusedLogin | undefined>;

/** Makes a door of a visit: what it refuses is recorded, then told. */
export type Serve = (visit: Visit, tell?: Tell) => RequestHandler;

export type Tell = (res: Response, refused: RefusedLogin, arrival: Arrival) => void;

/** What a provider's doors need of the login as a whole. */
export interface ProviderNeeds {
  readonly publicUrl: string;
  readonly pending: PendingLogins;
  readonly establish: Establish;
  readonly serve: Serve;
  readonly sessions: SessionKeeper;
  readonly records: SessionRecords;
  readonly shelf: Shelf;
  readonly newId: () => string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** An identity provider, as the login page knows it. */
export interface Provider {
  readonly choice: Choice;
  /** Its doors below `/auth/<kind>/<alias>`. */
  readonly doors: Router;
  /** Where a browser goes to end the login at the provider, too; `undefined` where the provider has no such place. */
  leave(found: FoundSession): Promise<string | undefined>;
  /** Origins that a logout leads to. A browser asks the policy of the page that holds the button about each. */
  leadsTo(): readonly string[];
}
