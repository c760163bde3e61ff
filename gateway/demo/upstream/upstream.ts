import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { answerCount, answerMessage } from './anthropic-messages.ts';
import type { Call, Reply } from './call.ts';
import { type Fault, faultOf } from './faults.ts';
import { answerChat } from './openai-chat.ts';
import { answerCompletion } from './openai-completions.ts';
import { answerEmbeddings } from './openai-embeddings.ts';
import { answerResponse } from './openai-responses.ts';
import { send } from './send.ts';

/** A request as it reached the demo upstream. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Names and values as they stood on the wire. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

export interface UpstreamOptions {
  /** The one credential that it takes, as `Authorization: Bearer` or `x-api-key`. */
  readonly credential: string;
  /** 0 or absent: any free port. Always on 127.0.0.1. */
  readonly port?: number;
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Called with each request whose body has come wholly. */
  readonly observe?: (seen: SeenRequest) => void;
  /** Called when the client left before its answer was complete. */
  readonly onAbort?: (seen: SeenRequest) => void;
  /** Makes it misbehave; a fault that the model's name asks for comes first. */
  readonly fault?: (seen: SeenRequest) => Fault | undefined;
  /** How many requests the journal keeps, the newest last. */
  readonly journal?: number;
  /** Milliseconds between two frames of a stream. */
  readonly paceMs?: number;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

export interface Upstream {
  /** Origin without a path; both dialects are below `/v1`. */
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  close(): Promise<void>;
}

type Dialect = 'openai' | 'anthropic';

const endpoints: ReadonlyMap<string, { readonly dialect: Dialect; readonly answer: (call: Call) => Reply }> = new Map([
  ['/v1/chat/completions', { dialect: 'openai', answer: answerChat }],
  ['/v1/completions', { dialect: 'openai', answer: answerCompletion }],
  ['/v1/responses', { dialect: 'openai', answer: answerResponse }],
  ['/v1/embeddings', { dialect: 'openai', answer: answerEmbeddings }],
  ['/v1/messages', { dialect: 'anthropic', answer: answerMessage }],
  ['/v1/messages/count_tokens', { dialect: 'anthropic', answer: answerCount }],
]);

/**
 * Starts a stand-in for model providers on loopback. It speaks OpenAI and Anthropic well enough for their official SDKs, says the same for the
 * same request, and takes one credential only, so that a caller's own credential that reached it would be answered with 401.
 */
export async function start(options: UpstreamOptions): Promise<Upstream> {
  const { credential, observe, onAbort, fault, journal = 1000, paceMs = 0, now = Date.now } = options;
  const requests: SeenRequest[] = [];
  let serial = 0;

  const handle = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const seen = await read(req);
    observe?.(seen);
    if (journal > 0) {
      requests.push(seen);
      if (requests.length > journal) requests.shift();
    }
    if (onAbort !== undefined) {
      res.once('close', () => {
        if (!res.writableFinished) onAbort(seen);
      });
    }
    serial += 1;
    const endpoint = endpoints.get(seen.path);
    const dialect = endpoint?.dialect ?? 'openai';
    const call = readCall(seen, serial, Math.floor(now() / 1000));
    const wrong = (call === undefined ? undefined : faultOf(call.model)) ?? fault?.(seen);
    if (wrong?.kind === 'hang') return;
    if (wrong?.kind === 'reset') {
      req.socket.destroy();
      return;
    }
    let reply: Reply;
    if (!holds(seen.headers, credential)) reply = complain(dialect, 401, 'the credential is not the one of the demo upstream');
    else if (wrong?.kind === 'status') {
      reply = complain(dialect, wrong.status, 'the demo upstream was asked to fail', wrong);
    } else if (endpoint === undefined || req.method !== 'POST') reply = complain(dialect, 404, 'no such endpoint');
    else if (call === undefined) reply = complain(dialect, 400, 'the body is no JSON object with a model');
    else if (dialect === 'anthropic' && seen.headers['anthropic-version'] === undefined) {
      reply = complain(dialect, 400, 'anthropic-version: header is required');
    } else reply = endpoint.answer(call);
    const id = [dialect === 'anthropic' ? 'request-id' : 'x-request-id', `req_demo_${serial}`] as const;
    await send(reply, { res, id, fault: wrong?.kind === 'status' ? undefined : wrong, paceMs });
  };

  const listener = (req: IncomingMessage, res: ServerResponse): void => {
    // Only a connection that broke ends up here; there is nobody to answer.
    handle(req, res).catch(() => res.destroy());
  };
  const server: Server = options.tls === undefined ? createServer(listener) : createSecureServer(options.tls, listener);
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function read(req: IncomingMessage): Promise<SeenRequest> {
  const { promise, resolve, reject } = Promise.withResolvers<SeenRequest>();
  const chunks: Buffer[] = [];
  req.on('data', (chunk: Buffer) => chunks.push(chunk));
  req.once('error', reject);
  req.once('end', () => {
    const [only] = chunks;
    const body = chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
    resolve({ method: req.method ?? '', path: req.url ?? '', headers: req.headers, rawHeaders: req.rawHeaders, body });
  });
  return promise;
}

function readCall(seen: SeenRequest, serial: number, created: number): Call | undefined {
  try {
    const body: unknown = JSON.parse(seen.body.toString('utf8'));
    if (typeof body !== 'object' || body === null || !('model' in body) || typeof body.model !== 'string') return undefined;
    return { body: body as Record<string, unknown>, model: body.model, serial, created };
  } catch {
    // Answered with 400.
    return undefined;
  }
}

function holds(headers: IncomingHttpHeaders, credential: string): boolean {
  const { authorization, 'x-api-key': key } = headers;
  if (authorization !== undefined && key !== undefined) return false;
  return authorization === `Bearer ${credential}` || key === credential;
}

function complain(
  dialect: Dialect,
  status: number,
  message: string,
  more: { readonly headers?: Readonly<Record<string, string>>; readonly body?: string } = {},
): Reply {
  const type = status === 401 ? 'authentication_error' : status < 500 ? 'invalid_request_error' : 'api_error';
  const json = JSON.stringify(
    dialect === 'anthropic' ? { type: 'error', error: { type, message } } : { error: { message, type, param: null, code: null } },
  );
  return { status, json: more.body ?? json, ...(more.headers === undefined ? {} : { headers: more.headers }) };
}
