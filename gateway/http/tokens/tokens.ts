import type { RequestListener } from 'node:http';
import express, { type Request, type Response } from 'express';
import helmet from 'helmet';
import { Breakage, describe, isRefusal } from '../../errors.ts';
import type { Mint } from '../../mint/mint.ts';
import type { SigningKeys } from '../../mint/signing-keys.ts';
import type { Accept } from '../../pipeline/accept/accept.ts';
import type { makeAuthenticate } from '../../pipeline/authenticate/authenticate.ts';
import type { Dpop } from '../../pipeline/authenticate/dpop.ts';
import type { makeChain } from '../../pipeline/chain/chain.ts';
import type { makeContext } from '../../pipeline/collect/context/context.ts';
import type { RevocationStore } from '../../registry/revocation.ts';
import type { Clock } from '../../vocabulary/clock.ts';
import type { Logger } from '../../vocabulary/logger.ts';
import type { Headed } from '../../vocabulary/request.ts';
import type { Sessions, Shelf } from '../../vocabulary/session.ts';
import type { Confirmation, TokenConfiguration } from '../../vocabulary/tokens.ts';
import type { Authorize } from '../admin/authorize.ts';
import { styleSource } from '../login/page.ts';
import { makeAttempts } from './attempts.ts';
import { makeAuthorizePage, refuse as refusePage } from './authorize-page.ts';
import { ownClient } from './client.ts';
import { makeCodeGrant } from './code-grant.ts';
import { makeCodes } from './codes.ts';
import { deviceLifeSeconds, makeDeviceCodes, pollSeconds } from './device-codes.ts';
import { makeDeviceGrant } from './device-grant.ts';
import { makeDevicePage } from './device-page.ts';
import { makeEndFamily } from './end-family.ts';
import { makeExchangeGrant } from './exchange-grant.ts';
import { type Form, readForm, readScopes } from './form.ts';
import type { GrantType } from './grant.ts';
import { makeIssue } from './issue.ts';
import { describeServer, paths } from './metadata.ts';
import { fromRefusal, isOAuthError, type OAuthError, oauthError } from './oauth-error.ts';
import { makePageTickets } from './page-ticket.ts';
import { makeRefreshGrant } from './refresh-grant.ts';
import { makeRefreshTokens } from './refresh-tokens.ts';
import { makeRevoke } from './revoke.ts';
import { makeGrantFromSession } from './session-grant.ts';
import { makeTokenRecords, type TokenRecordsNeeds } from './token-records.ts';

export interface TokensNeeds extends Pick<TokenRecordsNeeds, 'log' | 'labels' | 'anonymousPerSecond'> {
  readonly tokens: TokenConfiguration;
  readonly mint: Mint;
  readonly keys: Pick<SigningKeys, 'publicKeys'>;
  readonly accept: Pick<Accept, 'arrive' | 'acceptHead'>;
  readonly authenticate: ReturnType<typeof makeAuthenticate>;
  /** Verifies a token by itself: what the connection shows is the sender's, who need not be whom the token stands for. */
  readonly authenticateToken: ReturnType<typeof makeAuthenticate>;
  /** Alias of the gateway's own tokens. */
  readonly ownAlias: string;
  /** Absent where the gateway keeps none: access tokens then hold until they expire. */
  readonly revocations?: Pick<RevocationStore, 'add'>;
  readonly chain: ReturnType<typeof makeChain>;
  readonly contextOf: ReturnType<typeof makeContext>;
  readonly authorize: Authorize;
  readonly dpop: Dpop;
  /** People's logins; without them there is only the exchange. */
  readonly sessions?: Sessions;
  readonly shelf: Shelf;
  readonly randomBytes: (size: number) => Uint8Array;
  readonly newId: () => string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What a client's own certificate binds a token to (RFC 8705 section 3); absent where the connection shows none. */
  readonly certificateOf?: (headed: Headed) => string | undefined;
}

/** Logins of terminals that may be begun from one address: each keeps two things on the shelf for ten minutes, and nobody need be logged in for it. */
const devicesPerMinute = 30;

/** The endpoints of the gateway as an authorization server (RFC 6749, 8414, 8628, 8693, 7009). */
export function makeTokens(needs: TokensNeeds): { readonly door: RequestListener; close(): void } {
  const {
    tokens,
    mint,
    keys,
    accept,
    authenticate,
    authenticateToken,
    ownAlias,
    revocations,
    chain,
    contextOf,
    authorize,
    dpop,
    sessions,
    shelf,
    randomBytes,
    newId,
    clock,
    logger,
  } = needs;
  const { issuer, audience, algorithm, maxActors } = tokens;
  const codes = makeCodes({ shelf, clock, randomBytes });
  const records = makeTokenRecords(needs);
  const revoking = revocations === undefined ? {} : { revocations };
  const refreshTokens = makeRefreshTokens({ shelf, clock, randomBytes, ...revoking });
  const endFamily = makeEndFamily({ refreshTokens, records, logger, ...(sessions === undefined ? {} : { sessions }) });
  const revoke = makeRevoke({ refreshTokens, endFamily, authenticateToken, ownAlias, records, clock, ...revoking });
  const tickets = makePageTickets({ shelf, clock, randomBytes });
  const beginDevice = makeAttempts('device', { shelf, clock, most: devicesPerMinute, withinSeconds: 60 });
  const deviceCodes = makeDeviceCodes({ shelf, clock, randomBytes });
  const issue = makeIssue({ authorize, mint, audience, newId });
  const grantFromSession = makeGrantFromSession({ issue, contextOf, refreshTokens, newId, clock });
  const grants = new Map<string, GrantType>([
    [
      'urn:ietf:params:oauth:grant-type:token-exchange',
      makeExchangeGrant({ authenticate, authenticateToken, chain, contextOf, issue, audience, maxActors, clock }),
    ],
    ...(sessions === undefined
      ? []
      : ([
          ['authorization_code', makeCodeGrant({ codes, sessions, endFamily, grantFromSession })],
          ['refresh_token', makeRefreshGrant({ refreshTokens, sessions, endFamily, grantFromSession })],
          ['urn:ietf:params:oauth:grant-type:device_code', makeDeviceGrant({ deviceCodes, sessions, grantFromSession })],
        ] as const)),
  ]);

  async function token(headed: Headed, form: Form): Promise<object | OAuthError> {
    const grant = grants.get(form.get('grant_type') ?? '');
    if (grant === undefined) return oauthError('unsupported_grant_type', 'The grant type is not one that this gateway has.');
    const cnf = await confirm(headed);
    if (isOAuthError(cnf)) return cnf;
    return grant({ headed, form, ...(cnf === undefined ? {} : { cnf }) });
  }

  /** What the token is to be bound to: the key that was proved, and the certificate that was shown. */
  async function confirm(headed: Headed): Promise<Confirmation | undefined | OAuthError> {
    const certificate = needs.certificateOf?.(headed);
    const jkt = headed.dpop === undefined ? undefined : await dpop.verify(headed.dpop, { method: 'POST', path: paths.token });
    if (isRefusal(jkt)) return fromRefusal(jkt);
    if (jkt === undefined && certificate === undefined) return undefined;
    return { ...(jkt === undefined ? {} : { jkt }), ...(certificate === undefined ? {} : { 'x5t#S256': certificate }) };
  }

  async function deviceAuthorization(headed: Headed, form: Form): Promise<object | OAuthError> {
    if (form.get('client_id') !== ownClient) return oauthError('invalid_client', 'The client is not known.');
    const scopes = readScopes(form.get('scope'));
    if (isOAuthError(scopes)) return scopes;
    if ((await beginDevice(headed.peer.address)) === undefined) {
      return oauthError('slow_down', 'Too many logins were begun from this address. Wait a minute.', { status: 429 });
    }
    const { deviceCode, userCode } = await deviceCodes.begin({
      clientId: ownClient,
      scopes,
      address: headed.peer.address,
      at: clock.now(),
    });
    return {
      device_code: deviceCode,
      user_code: userCode,
      verification_uri: `${issuer}${paths.device}`,
      verification_uri_complete: `${issuer}${paths.device}?${new URLSearchParams({ user_code: userCode })}`,
      expires_in: deviceLifeSeconds,
      interval: pollSeconds,
    };
  }

  /** An endpoint for programs: a form in, JSON out. */
  function serve(work: (headed: Headed, form: Form) => Promise<object | OAuthError>) {
    return async (req: Request, res: Response): Promise<void> => {
      const arrival = accept.arrive(req);
      const headed = accept.acceptHead(arrival, req);
      let asked = 'unknown';
      const refuse = (error: OAuthError): void => {
        // Who polls only asks; what the policy denied is on the record already.
        const polling = error.status === 400 && (error.error === 'authorization_pending' || error.error === 'slow_down');
        const quiet = polling || error.decisionId !== undefined;
        if (!quiet) records.refuse(error, asked, arrival);
        tell(res, error);
      };
      try {
        if (isRefusal(headed)) return refuse(fromRefusal(headed));
        const form = await readForm(req);
        if (!isOAuthError(form)) asked = nameOf(req, form);
        const answer = isOAuthError(form) ? form : await work(headed, form);
        if (isOAuthError(answer)) return refuse(answer);
        res.json(answer);
      } catch (error) {
        const code = error instanceof Breakage ? error.code : 'gateway.error';
        logger.error('an endpoint of tokens failed', { code, error });
        const { status, tell: sentence } = describe(code);
        refuse(oauthError(status === 503 ? 'temporarily_unavailable' : 'server_error', sentence, { status, code }));
      }
    };
  }

  /** The grant type where it is one of ours, or the door: never the caller's own text. */
  function nameOf(req: Request, form: Form): string {
    const type = form.get('grant_type') ?? '';
    if (req.path !== paths.token) return req.path === paths.revoke ? 'revoke' : 'device-authorization';
    return grants.has(type) ? type.slice(type.lastIndexOf(':') + 1) : 'unknown';
  }

  function tell(res: Response, { error, description, status, decisionId }: OAuthError): void {
    if (res.headersSent) return void res.destroy();
    if (status === 401) res.setHeader('www-authenticate', 'Bearer');
    if (decisionId !== undefined) res.setHeader('x-regate-decision-id', decisionId);
    res.status(status).json({ error, error_description: description });
  }

  function page(work: (req: Request, res: Response) => Promise<void>) {
    return async (req: Request, res: Response): Promise<void> => {
      try {
        await work(req, res);
      } catch (error) {
        const code = error instanceof Breakage ? error.code : 'gateway.error';
        logger.error('a page of tokens failed', { code, error });
        if (res.headersSent) res.destroy();
        else refusePage(res, describe(code).status, describe(code).tell);
      }
    };
  }

  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  app.set('case sensitive routing', true);
  app.set('strict routing', true);
  app.use((_req, res, next) => {
    res.setHeader('cache-control', 'no-store');
    next();
  });
  app.use(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          'default-src': ["'none'"],
          'style-src': [styleSource],
          // The answer to the form leads to the command line, which waits on a port of its own.
          'form-action': ["'self'", 'http://127.0.0.1:*'],
          'frame-ancestors': ["'none'"],
          'base-uri': ["'none'"],
        },
      },
      // Not `no-referrer`: with it, browsers send `Origin: null` along with the forms of these very pages.
      referrerPolicy: { policy: 'same-origin' },
      strictTransportSecurity: issuer.startsWith('https:') ? { maxAge: 31_536_000, includeSubDomains: false } : false,
    }),
  );
  app.get(paths.metadata, (_req, res) => void res.json(describeServer(issuer, algorithm, sessions !== undefined)));
  app.get(paths.keys, (_req, res) => void res.type('application/jwk-set+json').send(keys.publicKeys()));
  app.post(paths.token, serve(token));
  app.post(paths.revoke, serve(revoke));
  if (sessions !== undefined) {
    const authorizePage = makeAuthorizePage({ issuer, sessions, codes, tickets, newId });
    const devicePage = makeDevicePage({ issuer, sessions, deviceCodes, tickets, shelf, clock });
    app.post(paths.deviceAuthorization, serve(deviceAuthorization));
    app.get(paths.authorize, page(authorizePage.ask));
    app.post(paths.authorize, page(authorizePage.answer));
    app.get(paths.device, page(devicePage.show));
    app.post(paths.device, page(devicePage.answer));
  }
  app.use((_req, res) => void res.status(404).json({ error: 'invalid_request', error_description: 'There is no such endpoint.' }));
  app.use((error: unknown, _req: Request, res: Response, _next: express.NextFunction) => {
    logger.error('an endpoint of tokens failed', { error });
    tell(res, oauthError('server_error', 'The gateway failed.', { status: 500 }));
  });
  return { door: app, close: records.close };
}
