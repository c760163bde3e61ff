import type { IncomingMessage, ServerResponse } from 'node:http';
import { createProxyMiddleware, type Plugin } from 'http-proxy-middleware';
import type { Dialects } from '../../backends/dialect.ts';
import type { Refusal } from '../../errors.ts';
import type { Catalogue } from '../../vocabulary/catalogue.ts';
import type { Clock } from '../../vocabulary/clock.ts';
import type { Delivered } from '../../vocabulary/delivered.ts';
import type { Logger } from '../../vocabulary/logger.ts';
import type { Armed } from '../../vocabulary/permit.ts';
import type { Arrival } from '../../vocabulary/request.ts';
import { makeAgents } from './agents.ts';
import { Exchange } from './exchange.ts';
import { answerListing } from './listing.ts';
import { ExactBody, Outbound } from './outbound.ts';
import { tell } from './tell.ts';

export interface ProxyNeeds {
  readonly catalogue: Pick<Catalogue, 'backends'>;
  readonly dialects: Dialects;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface CarryOptions {
  /**
   * Another backend may be tried after this one: a failure that may pass (429, 500, 502, 503, 504, 529) is then kept from the caller, and
   * `Delivered` comes back uncommitted with a `code`. Otherwise such an answer goes to the caller as it is.
   */
  readonly mayRetry?: boolean;
  /** Is shown the bytes of the answer that go to the caller. */
  readonly copy?: { take(bytes: Buffer): void } | undefined;
}

export interface ProxyStage {
  /**
   * Carries an armed request to its backend and the answer to the caller, or answers a listing. Never rejects.
   *
   * @returns what became of it. Where nothing was sent (`committed` false), `code` says what the caller has to be told; without a `code` there is
   *   nobody left to be told (`client-aborted`)
   */
  carry(armed: Armed, req: IncomingMessage, res: ServerResponse, decisionId: string, options?: CarryOptions): Promise<Delivered>;
  /** Tells the caller of a refusal, in its dialect. */
  tell(refusal: Refusal, arrival: Arrival, decisionId: string, res: ServerResponse): Delivered;
  /** Closes the connections to all backends, also those in use. */
  close(): void;
}

/**
 * Makes the stage that carries bytes both ways.
 *
 * The proxying library is given an `Outbound`, never the caller's request, and has no default target: without an armed request there is nowhere
 * to go. Its own plugins are left out, because they answer errors with the request's host and path and write the URL of every request.
 */
export function makeProxy({ catalogue, dialects, clock, logger }: ProxyNeeds): ProxyStage {
  const agents = makeAgents();
  const middleware = createProxyMiddleware<Outbound, ServerResponse>({
    router(outbound, _response, options) {
      if (!(outbound instanceof Outbound) || outbound.leg.over) throw new Error('there is no armed request to forward');
      options.agent = outbound.leg.agent;
      options.buffer = new ExactBody(outbound.leg.body);
      return outbound.leg.target;
    },
    ejectPlugins: true,
    plugins: [listen],
    selfHandleResponse: true,
    // The target is the whole URL.
    ignorePath: true,
    changeOrigin: false,
    followRedirects: false,
    secure: true,
    ws: false,
    xfwd: false,
  });

  return {
    async carry(armed, req, res, decisionId, { mayRetry = false, copy } = {}) {
      if (armed.kind === 'listing') return answerListing(dialects, armed.permit, decisionId, res);
      const backend = catalogue.backends.get(armed.permit.route.backend);
      if (backend === undefined) {
        logger.error('An armed request names a backend that is not in the catalogue', { decision_id: decisionId });
        return { outcome: 'gateway-error', code: 'gateway.error', committed: false, bytesSent: 0 };
      }
      const dialect = dialects[backend.protocol];
      const agent = agents.of(backend);
      const exchange = new Exchange({ armed, backend, dialect, agent, res, decisionId, mayRetry, copy: copy?.take, clock, logger });
      if (!exchange.over) {
        const outbound = new Outbound(exchange, req.socket);
        const broken = (cause: unknown): void => exchange.broken(cause);
        middleware(outbound, outbound.response, broken).catch(broken);
      }
      return exchange.delivered;
    },
    tell: (refusal, arrival, decisionId, res) => tell(dialects, refusal, arrival, decisionId, res),
    close: () => agents.close(),
  };
}

/** What the library has to say goes to the leg that it is about. */
const listen: Plugin<Outbound, ServerResponse> = (server) => {
  server.on('proxyReq', (request, { leg }) => leg.connecting(request));
  server.on('proxyRes', (answer, { leg }) => {
    try {
      leg.answered(answer);
    } catch (cause) {
      // Thrown from here it would end the process.
      leg.broken(cause);
    }
  });
  server.on('error', (cause, outbound) => outbound?.leg.failed(cause));
  server.on('econnreset', (cause, { leg }) => leg.failed(cause));
};
