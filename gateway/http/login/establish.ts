import type { Request, Response } from 'express';
import { Breakage, isRefusal, type Refusal } from '../../errors.ts';
import { type Asked, anyMfa, meets } from '../../pipeline/enforce/assurance.ts';
import type { Clock } from '../../vocabulary/clock.ts';
import type { Principal } from '../../vocabulary/identity.ts';
import type { LoginProvider, SessionConfiguration } from '../../vocabulary/login.ts';
import type { Arrival } from '../../vocabulary/request.ts';
import type { Session } from '../../vocabulary/session.ts';
import type { Wish } from './ask.ts';
import type { RefusedLogin, SessionRecords } from './session-records.ts';
import type { SessionKeeper } from './sessions.ts';
import type { KeptSession } from './stores/store.ts';

/** A person whom a provider has authenticated, in answer to a login that was begun in this browser. */
export interface Proven {
  readonly provider: LoginProvider;
  readonly person: Principal | Refusal;
  readonly amr: readonly string[];
  readonly authTime?: number;
  /** The provider's own names of the login. */
  readonly names: Pick<Session['provider'], 'subject' | 'session'>;
  /** Where the provider limits the session: milliseconds since the epoch. */
  readonly endsAt?: number;
  readonly kept?: Pick<KeptSession, 'idToken' | 'nameId'>;
}

export interface EstablishNeeds {
  readonly sessions: SessionKeeper;
  readonly records: SessionRecords;
  readonly limits: Pick<SessionConfiguration, 'absoluteSeconds'>;
  readonly newId: () => string;
  readonly clock: Pick<Clock, 'now'>;
}

export type Establish = (proven: Proven, wish: Wish, arrival: Arrival, req: Request, res: Response) => Promise<RefusedLogin | undefined>;

/**
 * Makes the last step of every login: a new session, on the record before its cookie is given. The session that the browser had is ended, and the
 * new one has an id of its own: whoever knew the old one knows nothing (session fixation).
 *
 * On success the browser has been sent to where the login should lead.
 */
export function makeEstablish({ sessions, records, limits, newId, clock }: EstablishNeeds): Establish {
  return async function establish(proven, wish, arrival, req, res) {
    const { provider, person, amr, names, kept } = proven;
    if (isRefusal(person))
      return { code: person.code, provider: provider.alias, ...(person.detail === undefined ? {} : { detail: person.detail }) };
    const now = clock.now();
    // A provider may have ignored what it was asked for: `acr_values` is a wish in OpenID Connect (Core section 3.1.2.1).
    if (!meets(person.assurance, wish.asked, now, provider.clockSkewSeconds))
      return { code: 'login.step-up-not-met', provider: provider.alias, person };

    const before = await sessions.read(req);
    const session: Session = {
      id: newId(),
      person,
      begunAt: now,
      seenAt: now,
      endsAt: Math.min(now + limits.absoluteSeconds * 1000, proven.endsAt ?? Number.POSITIVE_INFINITY),
      authTime: proven.authTime ?? now,
      amr,
      provider: { alias: provider.alias, ...names },
    };
    await records.begin(session, arrival);
    if (before !== undefined && (await sessions.end(before.id)) !== undefined) await records.end(before, 'replaced', arrival);
    try {
      await regenerate(req);
      const { seenAt: _seen, ...lasting } = session;
      const data: KeptSession = { ...lasting, ...kept };
      req.session.login = data;
      await save(req);
      await sessions.enter(req.sessionID, data);
    } catch (error) {
      records.beginFailed(session, arrival, error instanceof Breakage ? error.code : 'gateway.error');
      await forget(req);
      throw error;
    }
    res.redirect(303, wish.returnTo);
    return undefined;
  };
}

/** What of a wish the provider understands: the gateway's own word stands for what the provider calls more than one factor. */
export function acrForProvider(asked: Asked, { mfa }: Pick<LoginProvider, 'mfa'>): readonly string[] {
  return [...new Set(asked.acr.flatMap((acr) => (acr === anyMfa ? mfa.acr : [acr])))];
}

function regenerate({ session }: Request): Promise<void> {
  return new Promise((resolve, reject) => session.regenerate((error: unknown) => (error ? reject(unavailable(error)) : resolve())));
}

function save({ session }: Request): Promise<void> {
  return new Promise((resolve, reject) => session.save((error: unknown) => (error ? reject(unavailable(error)) : resolve())));
}

/** Takes the half-made session off the request, so that no cookie for it goes out with the refusal. */
function forget(req: Request): Promise<void> {
  return new Promise((resolve) => {
    if (req.session === undefined) return resolve();
    req.session.destroy(() => resolve());
  });
}

function unavailable(cause: unknown): Breakage {
  return cause instanceof Breakage ? cause : new Breakage('login.unavailable', 'The store of logins does not answer.', { cause });
}
