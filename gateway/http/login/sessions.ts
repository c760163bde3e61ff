import { Breakage } from '../../errors.ts';
import type { Clock } from '../../vocabulary/clock.ts';
import type { SessionConfiguration } from '../../vocabulary/login.ts';
import type { Session, Sessions } from '../../vocabulary/session.ts';
import { readSessionId } from './session-cookie.ts';
import type { KeptSession, SessionStore } from './stores/store.ts';

export interface SessionsNeeds {
  readonly store: SessionStore;
  readonly secrets: readonly string[];
  readonly limits: Pick<SessionConfiguration, 'idleSeconds'>;
  readonly clock: Pick<Clock, 'now'>;
  /** Takes back what came of a session that has ended, its access tokens above all. Whoever ends a session waits for it. */
  readonly ended?: (session: Session) => Promise<void>;
}

/** A session that is there, with the id that its cookie holds. */
export interface FoundSession {
  readonly sid: string;
  readonly kept: KeptSession;
  readonly session: Session;
}

export interface SessionKeeper extends Sessions {
  /** As `read`, with what only the login itself may know. */
  lookUp(request: Parameters<Sessions['read']>[0]): Promise<FoundSession | undefined>;
  /** Makes a session findable by its public id and by its provider's names. Its data is express-session's to save. */
  enter(sid: string, kept: KeptSession): Promise<void>;
  /** Public ids of the sessions that all of a provider's names mean; none where no name is given. */
  named(provider: ProviderNames): Promise<readonly string[]>;
}

/** What a provider calls a login, in its own names. */
export interface ProviderNames {
  readonly alias: string;
  readonly subject?: string;
  readonly session?: string;
}

/** How seldom the time of last use is written. */
const touchEveryMs = 60_000;

/**
 * Makes the keeper of sessions. What is kept of one never changes; whether it lives is three questions: is it there, has its absolute limit not come,
 * and has it been used of late. The time of last use stands beside it, so that a late write of it cannot bring back a session that has been ended.
 */
export function makeSessions({ store, secrets, limits, clock, ended }: SessionsNeeds): SessionKeeper {
  const { shelf, sessions } = store;

  function keptOf(sid: string): Promise<KeptSession | undefined> {
    return settle((done) => void sessions.get(sid, (error, data) => done(error, data?.login)));
  }

  async function open(sid: string): Promise<FoundSession | undefined> {
    const kept = await keptOf(sid);
    if (kept === undefined || kept.endsAt <= clock.now()) return undefined;
    const seen = await shelf.get(`seen:${kept.id}`);
    if (seen === undefined) return undefined;
    return { sid, kept, session: describe(kept, Number(seen)) };
  }

  async function openById(id: string): Promise<FoundSession | undefined> {
    const sid = await shelf.get(`sid:${id}`);
    return sid === undefined ? undefined : open(sid);
  }

  async function see({ id, endsAt }: Pick<Session, 'id' | 'endsAt'>): Promise<void> {
    const now = clock.now();
    await shelf.put(`seen:${id}`, String(now), Math.min(endsAt, now + limits.idleSeconds * 1000));
  }

  async function lookUp(request: Parameters<Sessions['read']>[0]): Promise<FoundSession | undefined> {
    const sid = readSessionId(request.headers.cookie, secrets);
    const found = sid === undefined ? undefined : await open(sid);
    if (found !== undefined && clock.now() - found.session.seenAt >= touchEveryMs) await see(found.session);
    return found;
  }

  return {
    lookUp,
    read: async (request) => (await lookUp(request))?.session,
    find: async (id) => (await openById(id))?.session,
    async touch(id) {
      const found = await openById(id);
      if (found !== undefined) await see(found.session);
    },
    async enter(sid, kept) {
      await shelf.put(`sid:${kept.id}`, sid, kept.endsAt);
      for (const name of namesOf(kept.provider)) await shelf.enlist(name, kept.id, kept.endsAt);
      await see(kept);
    },
    async named(names) {
      const [first, ...others] = await Promise.all(namesOf(names).map((name) => shelf.members(name)));
      return (first ?? []).filter((id) => others.every((ids) => ids.includes(id)));
    },
    async end(id) {
      // Of several that end it at once, one is told what it was.
      const sid = await shelf.take(`sid:${id}`);
      if (sid === undefined) return undefined;
      const kept = await keptOf(sid);
      await settle((done) => void sessions.destroy(sid, done));
      const seen = await shelf.take(`seen:${id}`);
      if (kept === undefined) return undefined;
      for (const name of namesOf(kept.provider)) await shelf.strike(name, id);
      const session = describe(kept, Number(seen ?? kept.begunAt));
      await ended?.(session);
      return session;
    },
  };
}

function describe(kept: KeptSession, seenAt: number): Session {
  const { idToken: _hint, nameId: _name, ...session } = kept;
  return { ...session, seenAt };
}

/** Aliases hold no colon, so no name of one provider can be spelt as another's. */
function namesOf({ alias, subject, session }: ProviderNames): readonly string[] {
  return [
    ...(subject === undefined ? [] : [`subject:${alias}:${subject}`]),
    ...(session === undefined ? [] : [`provider-session:${alias}:${session}`]),
  ];
}

/** Waits for a store of express-session, which tells by callback. */
function settle<T>(run: (done: (error?: unknown, value?: T) => void) => void): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    run((cause, value) => {
      if (!cause) resolve(value);
      else if (cause instanceof Breakage) reject(cause);
      else reject(new Breakage('login.unavailable', 'The store of logins does not answer.', { cause }));
    });
  });
}
