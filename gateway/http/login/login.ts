import type { IncomingMessage, RequestListener } from 'node:http';
import express, { type Request, type Response } from 'express';
import helmet from 'helmet';
import { Breakage, describe, isRefusal } from '../../errors.ts';
import type { Clock } from '../../vocabulary/clock.ts';
import type { Logger } from '../../vocabulary/logger.ts';
import type { LoginConfiguration } from '../../vocabulary/login.ts';
import type { Arrival } from '../../vocabulary/request.ts';
import type { Session, Sessions, Shelf } from '../../vocabulary/session.ts';
import { isStepUp, queryText, readWish } from './ask.ts';
import { makeEstablish } from './establish.ts';
import { makeOidcProvider } from './oidc/oidc.ts';
import { sendPage, styleSource } from './page.ts';
import { choicePage, loggedOutPage, refusedPage, sessionPage, startPath } from './pages.ts';
import { makePendingLogins } from './pending.ts';
import type { Provider, ProviderNeeds, Serve, Tell, Visit } from './provider.ts';
import { isSameOrigin } from './same-origin.ts';
import { makeSamlProvider } from './saml/saml.ts';
import { cookieName, makeSessionMiddleware, trustPublicUrl } from './session-cookie.ts';
import { makeSessionRecords, type SessionRecordsNeeds } from './session-records.ts';
import { makeSessions } from './sessions.ts';
import type { SessionStore } from './stores/store.ts';

export interface LoginNeeds {
  readonly login: LoginConfiguration;
  readonly store: SessionStore;
  /** Of the session cookies: the first signs, all verify. */
  readonly secrets: readonly string[];
  readonly arrive: (req: IncomingMessage) => Arrival;
  readonly log: SessionRecordsNeeds['log'];
  readonly labels: Readonly<Record<string, string>>;
  readonly anonymousPerSecond: number;
  /** Takes back what came of a session that has ended. */
  readonly ended?: (session: Session) => Promise<void>;
  readonly newId: () => string;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface Login {
  /** Serves everything below `/auth/`. */
  readonly door: RequestListener;
  readonly sessions: Sessions;
  /** Where small things that expire are kept, for what else belongs to a login. */
  readonly shelf: Shelf;
  /** Hands over what is left to record and closes the store. */
  close(): Promise<void>;
}

/** Makes the gateway's own pages: where people log in and out. Nothing here is a model call, and no model call comes here. */
export function makeLogin(needs: LoginNeeds): Login {
  const { login, store, secrets, arrive, newId, clock, logger } = needs;
  const { publicUrl } = login;
  const records = makeSessionRecords(needs);
  const sessions = makeSessions({ store, secrets, limits: login.sessions, clock, ...(needs.ended && { ended: needs.ended }) });
  const establish = makeEstablish({ sessions, records, limits: login.sessions, newId, clock });
  const pending = makePendingLogins({ shelf: store.shelf, clock });
  const app = express();
  const tellPerson: Tell = (res, { code }, { requestId }) => sendPage(res, refusedPage(code, requestId));

  const serve: Serve = (visit, tell = tellPerson) => {
    return async (req, res) => {
      const arrival = arrive(req);
      try {
        const refused = await visit(req, res, arrival);
        if (refused === undefined) return;
        records.refuse(refused, arrival);
        tell(res, refused, arrival);
      } catch (error) {
        const code = error instanceof Breakage ? error.code : 'gateway.error';
        logger.error('a door of the login failed', { request_id: arrival.requestId, code, error });
        records.refuse({ code }, arrival);
        if (res.headersSent) res.destroy();
        else tell(res, { code }, arrival);
      }
    };
  };

  const providerNeeds: ProviderNeeds = {
    publicUrl,
    pending,
    establish,
    serve,
    sessions,
    records,
    shelf: store.shelf,
    newId,
    clock,
    logger,
  };
  const providers = new Map<string, Provider>([
    ...login.oidc.map((provider): [string, Provider] => [provider.alias, makeOidcProvider(provider, providerNeeds)]),
    ...login.saml.map((provider): [string, Provider] => [provider.alias, makeSamlProvider(provider, providerNeeds)]),
  ]);
  const choices = [...providers.values()].map(({ choice }) => choice);

  const choose: Visit = async (req, res) => {
    const wish = readWish(new URLSearchParams(queryText(req.url)));
    if (isRefusal(wish)) return { code: wish.code };
    const session = await sessions.read(req);
    if (session !== undefined && !isStepUp(wish)) {
      if (wish.returnTo === '/auth/login') sendPage(res, sessionPage(session));
      else res.redirect(303, wish.returnTo);
      return undefined;
    }
    const [only, another] = choices;
    if (only !== undefined && another === undefined) res.redirect(303, startPath(only, wish));
    else sendPage(res, choicePage(choices, wish));
    return undefined;
  };

  const logout: Visit = async (req, res, arrival) => {
    if (!isSameOrigin(req, publicUrl)) return { code: 'login.cross-site' };
    const found = await sessions.lookUp(req);
    res.clearCookie(cookieName, { path: '/', httpOnly: true, secure: true, sameSite: 'lax' });
    // The session ends first and whatever else happens: nobody stays logged in because a disk is full or a provider away.
    const ended = found === undefined ? undefined : await sessions.end(found.session.id);
    if (found === undefined || ended === undefined) {
      res.redirect(303, '/auth/logged-out');
      return undefined;
    }
    await records.end(ended, 'logout', arrival);
    res.redirect(303, (await leave(found)) ?? '/auth/logged-out');
    return undefined;
  };

  async function leave(found: Parameters<Provider['leave']>[0]): Promise<string | undefined> {
    try {
      return await providers.get(found.session.provider.alias)?.leave(found);
    } catch (error) {
      if (!(error instanceof Breakage)) throw error;
      logger.warn('a person is logged out here, but the provider could not be asked to end its own login', { code: error.code });
      return undefined;
    }
  }

  const me: Visit = async (req, res) => {
    const session = await sessions.read(req);
    if (session === undefined) {
      const { status, tell } = describe('login.none');
      res.status(status).json({ error: { code: 'login.none', message: tell } });
      return undefined;
    }
    const { id, person, begunAt, endsAt, authTime, amr } = session;
    const time = (at: number) => new Date(at).toISOString();
    res.json({
      session: { id, begun_at: time(begunAt), ends_at: time(endsAt), auth_time: time(authTime), amr },
      chain: [person],
      roles: person.roles,
    });
    return undefined;
  };

  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  app.set('case sensitive routing', true);
  app.set('strict routing', true);
  app.use((_req, res, next) => secure(res, next));
  app.get('/auth/login', serve(choose));
  app.get('/auth/logged-out', (_req, res) => sendPage(res, loggedOutPage()));
  app.get('/auth/me', serve(me));
  app.post('/auth/logout', serve(logout));
  const session = makeSessionMiddleware({ sessions: store.sessions, secrets });
  for (const [alias, { choice, doors }] of providers) app.use(`/auth/${choice.kind}/${alias}`, trustPublicUrl, session, doors);
  app.use((req, res) => tellPerson(res, { code: 'login.unknown-page' }, arrive(req)));
  app.use((error: unknown, req: Request, res: Response, _next: express.NextFunction) => {
    const bad = typeof error === 'object' && error !== null && 'status' in error && typeof error.status === 'number' && error.status < 500;
    if (!bad) logger.error('a door of the login failed', { error });
    if (res.headersSent) res.destroy();
    else sendPage(res, refusedPage(bad ? 'login.bad-request' : 'gateway.error', arrive(req).requestId));
  });

  /** The heads of all pages. The policy of content is made anew, because where a logout leads is known only once a provider has been asked. */
  function secure(res: Response, next: express.NextFunction): void {
    const targets = [...new Set([...providers.values()].flatMap((provider) => provider.leadsTo()))];
    res.setHeader('cache-control', 'no-store');
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          'default-src': ["'none'"],
          'style-src': [styleSource],
          'form-action': ["'self'", ...targets],
          'frame-ancestors': ["'none'"],
          'base-uri': ["'none'"],
        },
      },
      // Not `no-referrer`: with it, browsers send `Origin: null` along with the forms of these very pages.
      referrerPolicy: { policy: 'same-origin' },
      strictTransportSecurity: publicUrl.startsWith('https:') ? { maxAge: 31_536_000, includeSubDomains: false } : false,
    })(res.req, res, next);
  }

  return {
    door: app,
    sessions,
    shelf: store.shelf,
    async close() {
      records.close();
      await store.close();
    },
  };
}
