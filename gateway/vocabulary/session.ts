import type { Principal } from './identity.ts';

/** A person's login at this gateway: who the identity provider said it is, how, and for how long the word counts. Times are milliseconds since the epoch. */
export interface Session {
  /** Public id, a UUID: it stands in records and in tokens (`sid`). It is not what the cookie holds. */
  readonly id: string;
  /** Kind `person`; id `<alias>:<stable subject>`; method `oidc` or `saml`; `assurance` says how strongly it was proved. */
  readonly person: Principal;
  readonly begunAt: number;
  /** When it was last used; the idle limit counts from here. Written at most once a minute. */
  readonly seenAt: number;
  /** The absolute limit. Nothing that comes out of a session may outlive it. */
  readonly endsAt: number;
  /** When the identity provider authenticated the person; the login itself where it does not say. */
  readonly authTime: number;
  /** RFC 8176 methods, as the provider told them; none where it told none. */
  readonly amr: readonly string[];
  /** The provider's own names of the login, by which it ends it: `sub` and `sid` (OpenID Connect Back-Channel Logout), NameID and SessionIndex (SAML). */
  readonly provider: { readonly alias: string; readonly subject: string; readonly session?: string };
}

/** Why a session ended. */
export type SessionEnd = 'logout' | 'provider-logout' | 'replaced' | 'revoked';

/** What of a request tells its session. */
export interface CookieBearer {
  readonly headers: { readonly cookie?: string | undefined };
}

/**
 * The sessions of people. A session is good for the gateway's own pages and for getting a token; it is never a credential of a model call.
 *
 * Every method throws a Breakage `login.unavailable` where the store does not answer.
 */
export interface Sessions {
  /**
   * The session whose cookie the request shows. Being read counts as use.
   * @returns `undefined` where there is no cookie, more than one, a forged one, or one whose session has ended or been idle too long
   */
  read(request: CookieBearer): Promise<Session | undefined>;
  /** A session by its public id, e.g. for a refresh. Does not count as use. `undefined` where it has ended or been idle too long. */
  find(id: string): Promise<Session | undefined>;
  /** Counts as use. */
  touch(id: string): Promise<void>;
  /**
   * Ends a session; whoever holds its cookie is nobody from then on. The caller records it.
   * @returns what was ended; `undefined` where there was no such session
   */
  end(id: string): Promise<Session | undefined>;
}

/**
 * A place for small things that expire, shared by the nodes of a gateway: what a login under way has to remember, and what must not come twice. Keys
 * and values are text; times are milliseconds since the epoch, and what is past its time is not there.
 *
 * Every method throws a Breakage `login.unavailable` where the store does not answer.
 */
export interface Shelf {
  get(key: string): Promise<string | undefined>;
  /** Puts a value in place of whatever is there. */
  put(key: string, value: string, until: number): Promise<void>;
  /** Puts a value only where there is none; of several at once exactly one succeeds. @returns whether it was put */
  add(key: string, value: string, until: number): Promise<boolean>;
  /** Takes a value away; of several at once exactly one gets it. */
  take(key: string): Promise<string | undefined>;
  /** Adds a member to a set; a member that is there gets the later time. */
  enlist(set: string, member: string, until: number): Promise<void>;
  members(set: string): Promise<readonly string[]>;
  strike(set: string, member: string): Promise<void>;
  close(): Promise<void>;
}
