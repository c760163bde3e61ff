import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
  /** SHA-256 of the client's certificate, where it showed one. */
  readonly client: string | undefined;
}

export type Handler = (seen: SeenRequest, res: ServerResponse) => void | Promise<void>;

export interface TestServer {
  readonly url: string;
  readonly host: string;
  readonly seen: readonly SeenRequest[];
  /** Misbehaves from now on, or with `undefined` no longer. */
  answerWith(handler: Handler | undefined): void;
  close(): Promise<void>;
}

export interface Tls {
  readonly cert: string;
  readonly key: string;
  readonly ca?: string;
  readonly requestCert?: boolean;
}

function fingerprintOf(socket: Socket): string | undefined {
  return socket instanceof TLSSocket ? socket.getPeerCertificate().fingerprint256 : undefined;
}

/** Serves on a free port of the loopback. */
export async function serve(handler: Handler, tls?: Tls): Promise<TestServer> {
  const seen: SeenRequest[] = [];
  let override: Handler | undefined;
  const listener = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    let body = '';
    for await (const chunk of req) body += String(chunk);
    const one = { method: req.method ?? '', path: req.url ?? '', headers: req.headers, body, client: fingerprintOf(req.socket) };
    seen.push(one);
    await (override ?? handler)(one, res);
  };
  const server: Server = tls === undefined ? createServer(listener) : createSecureServer({ ...tls, rejectUnauthorized: false }, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${tls === undefined ? '127.0.0.1' : 'localhost'}:${port}`,
    host: `${tls === undefined ? '127.0.0.1' : 'localhost'}:${port}`,
    seen,
    answerWith(next) {
      override = next;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/**
 * A bundle server that keeps to OPA's bundle service protocol to the letter: it answers nothing but GET, knows its bundle by a strong ETag, says
 * 304 only to the ETag that it has, and holds an answer back only for a request that prefers to wait, until there is news or the time is up.
 */
export function makeBundleService({ longPoll = false, type }: { readonly longPoll?: boolean; readonly type?: string } = {}) {
  let bundle: Buffer | undefined;
  let etag = '';
  const waiting = new Set<() => void>();

  const handler: Handler = async ({ method, headers }, res) => {
    assert.equal(method, 'GET');
    const prefer = /^modes=(?<modes>[a-z,]+)(?:;wait=(?<wait>\d+))?$/.exec(String(headers['prefer'] ?? ''))?.groups;
    assert.ok(prefer !== undefined && prefer['modes'] === 'snapshot', `Prefer: ${String(headers['prefer'])}`);
    const fresh = () => bundle !== undefined && headers['if-none-match'] !== etag;
    if (longPoll && prefer['wait'] !== undefined && !fresh()) {
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.add(resolve);
      const timer = setTimeout(resolve, Number(prefer['wait']) * 1000);
      res.once('close', resolve);
      await promise;
      clearTimeout(timer);
      waiting.delete(resolve);
      if (res.destroyed) return;
    }
    const contentType = longPoll ? 'application/vnd.openpolicyagent.bundles' : (type ?? 'application/gzip');
    if (bundle === undefined) return void res.writeHead(404).end();
    if (!fresh()) return void res.writeHead(304, { etag, 'content-type': contentType }).end();
    res.writeHead(200, { etag, 'content-type': contentType, 'content-length': bundle.length }).end(bundle);
  };

  return {
    handler,
    waiting: () => waiting.size,
    publish(bytes: Buffer | undefined) {
      bundle = bytes;
      etag = `"${createHash('sha256')
        .update(bytes ?? '')
        .digest('hex')}"`;
      for (const wake of waiting) wake();
    },
  };
}
