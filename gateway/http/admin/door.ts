import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Refusal } from '../../errors.ts';
import type { AdministrativeAction, Petitioner } from '../../vocabulary/administration.ts';
import type { Authorized } from './authorize.ts';

/** What came to a door: the path's parameters, the query and the body, none of them believed yet. */
export interface Knock {
  readonly path: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Strict JSON; `undefined` where no body came. */
  readonly body: unknown;
  /** The body as it came, at a door that takes bytes. */
  readonly bytes?: Buffer;
  readonly petitioner: Petitioner;
  readonly req: IncomingMessage;
}

/** What a door gives back: JSON, or its own writing (a live tail). */
export type Reply = { readonly status: number; readonly json: unknown } | { readonly write: (res: ServerResponse) => void | Promise<void> };

/** One administrative door: what is asked of the policy, and what is done when it allows. */
export interface AdminDoor {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** As the router knows paths: `/v1/keys/:id/rotate`. */
  readonly path: string;
  /** The most bytes that it takes, at a door that takes bytes and not JSON. */
  readonly takesBytes?: number;
  /** Says what is asked. A refusal where the request makes no sense; then the policy is not asked. */
  ask(knock: Knock): AdministrativeAction | Refusal;
  /** Does it. `authorized.limits` must be carried out; a limit that is not known is a refusal. */
  act(knock: Knock, authorized: Authorized): Promise<Reply | Refusal>;
}
