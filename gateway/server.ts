import {
  createServer as createPlainServer,
  type IncomingMessage,
  type Server as PlainServer,
  type RequestListener,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import express from 'express';
import type { Pipeline } from './pipeline/pipeline.ts';
import type { Arrival } from './vocabulary/request.ts';

export type DataServer = PlainServer | SecureServer;

export interface ServerNeeds {
  readonly pipeline: Pipeline;
  readonly arriveBroken: (socket: Socket) => Arrival;
  /** Certificate and key in PEM; absent for plaintext. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** The gateway's own pages: prefix of the path, with a slash at its end → who serves what is below it. */
  readonly pages?: ReadonlyMap<string, RequestListener>;
}

/** How long a request to one of the gateway's own pages may take to arrive; they take small forms at most. */
const pageMs = 20_000;

/**
 * Limits of the connection. A body may take its time, for which `collect` has its own limit; a head may not. Idle connections are kept longer
 * than load balancers keep theirs (60 s is common), so that it is never the gateway that closes one just as a request sets out on it.
 */
const options: ServerOptions = {
  maxHeaderSize: 32 * 1024,
  headersTimeout: 20_000,
  requestTimeout: 0,
  keepAliveTimeout: 75_000,
  // A request without Host is refused by `accept`, where it is also recorded.
  requireHostHeader: false,
  insecureHTTPParser: false,
  noDelay: true,
};

/** What the HTTP parser gives up with → the answer's status line (RFC 9110 section 15.5, RFC 6585 section 5). */
const answers: ReadonlyMap<string, string> = new Map([
  ['HPE_HEADER_OVERFLOW', '431 Request Header Fields Too Large'],
  ['ERR_HTTP_REQUEST_TIMEOUT', '408 Request Timeout'],
]);

/** The other end went away. Nothing was asked, so there is nothing to refuse or to record. */
const departures: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ETIMEDOUT']);

/** How long the other end may take to read its refusal and to close. */
const lingerMs = 1_000;

/**
 * Ends a connection that Node no longer looks after: none of its limits of time holds here, and unread bytes would hide that the other end has
 * gone. Without an end of ours each such connection would keep its descriptor for ever, and a stop would wait for it.
 */
function endByHand(socket: Duplex, answer: string): void {
  const timer = setTimeout(() => socket.destroy(), lingerMs);
  socket.once('close', () => clearTimeout(timer));
  socket.end(answer);
  socket.resume();
}

/**
 * Makes the server of the data port. It has one door: every request goes to the pipeline, whatever its URL, but for the gateway's own pages, where there
 * are any. Their prefix is compared with the target as it was sent, so that no spelling leads to both. Nothing administrative is here.
 *
 * Upgrades have no handler, so Node gives them to the pipeline as plain requests, which refuses and records them.
 */
export function makeServer({ pipeline, arriveBroken, tls, pages = new Map() }: ServerNeeds): DataServer {
  const app = express();
  /** The latest response on each connection. */
  const responses = new WeakMap<Duplex, ServerResponse>();
  /** Connections that have been refused by hand. */
  const refused = new WeakSet<Duplex>();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(handle);

  // For a target whose URL it cannot parse (`http://[`, `x://y`) the router runs no handler and would answer by itself, with no record.
  const door: RequestListener = (req, res) =>
    app(req as express.Request, res as express.Response, (error?: unknown) => void (error ? res.destroy() : handle(req, res)));

  const server =
    tls === undefined ? createPlainServer(options, door) : createSecureServer({ ...options, ...tls, minVersion: 'TLSv1.2' }, door);
  // Without these two Node would answer 100 or 417 by itself: a body would be asked for before anybody is authenticated.
  server.on('checkContinue', door);
  server.on('checkExpectation', door);
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => refuseBroken(socket, error.code ?? ''));
  server.on('connect', (_request: unknown, socket: Duplex) => {
    // Node has taken all its own listeners off this socket. A reset would be an error that nobody hears, and end the process.
    socket.on('error', () => socket.destroy());
    refuseBroken(socket, 'CONNECT');
  });
  return server;

  function handle(req: IncomingMessage, res: ServerResponse): Promise<void> | void {
    responses.set(req.socket, res);
    const page = pageOf(req.url ?? '');
    return page === undefined ? pipeline.handle(req, res) : servePage(page, req, res);
  }

  function pageOf(target: string): RequestListener | undefined {
    for (const [prefix, page] of pages) if (target.startsWith(prefix)) return page;
    return undefined;
  }

  /** The pipeline has limits of its own for bodies that do not come; Node's are off. */
  function servePage(page: RequestListener, req: IncomingMessage, res: ServerResponse): void {
    const timer = setTimeout(() => req.destroy(), pageMs);
    req.once('close', () => clearTimeout(timer));
    if (req.headers.expect !== undefined) res.writeContinue();
    page(req, res as Parameters<RequestListener>[1]);
  }

  /** The bytes were no request (RFC 9112 section 2.2), or asked for a tunnel. There is no response object, so the answer is written by hand. */
  function refuseBroken(socket: Duplex, code: string): void {
    const response = responses.get(socket);
    // Bytes written by hand into an answer that is under way would be read as a part of it; its own request is recorded already.
    const underWay = response !== undefined && !response.closed;
    if (underWay || departures.has(code)) {
      socket.destroy();
      return;
    }
    // Every further piece that comes fails the parser again.
    if (refused.has(socket)) return;
    refused.add(socket);
    // Of an HTTP server it is always a socket, which the types of the events do not say.
    void pipeline.broken(arriveBroken(socket as Socket));
    const status = answers.get(code) ?? '400 Bad Request';
    if (socket.writable) endByHand(socket, `HTTP/1.1 ${status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`);
    else socket.destroy();
  }
}
