import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';

export type Behaviour = 'accept' | 'fail' | 'silent' | 'drop' | 'refuse-large';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What a test needs of a receiver, whatever it speaks. */
export interface TestReceiver {
  /** From now on, for so many deliveries; then it accepts again. */
  behave(behaviour: Behaviour, times?: number): void;
  /** Deliveries that it saw, whatever it did with them. */
  seen(): number;
  /** Goes away; its place is kept. */
  halt(): Promise<void>;
  resume(): Promise<void>;
}

export interface HttpReceiver extends TestReceiver {
  readonly url: string;
  /** What it accepted, in order. */
  readonly accepted: readonly Received[];
}

export interface HttpReceiverNeeds {
  /** Throws where what came is not what the protocol says; the test fails then. */
  readonly check?: (received: Received) => void;
  readonly tls?: { readonly key: string; readonly cert: string };
  readonly answer?: string;
}

/** A receiver over HTTP that does as it is told. */
export async function startHttpReceiver(t: TestContext, { check, tls, answer = '{}' }: HttpReceiverNeeds = {}): Promise<HttpReceiver> {
  const accepted: Received[] = [];
  const wrong: unknown[] = [];
  let behaviour: Behaviour = 'accept';
  let times = 0;
  let seen = 0;
  let port = 0;
  let server: Server | undefined;

  const listener: RequestListener = async (req, res) => {
    const body = await readBody(req);
    seen += 1;
    const received = { method: req.method ?? '', path: req.url ?? '', headers: req.headers, body };
    try {
      check?.(received);
    } catch (error) {
      wrong.push(error);
    }
    const now = times > 0 ? behaviour : 'accept';
    times -= 1;
    if (now === 'silent') return;
    if (now === 'fail') res.writeHead(500).end('no');
    else if (now === 'refuse-large' && body.length > 2000) res.writeHead(413).end('too large');
    else {
      accepted.push(received);
      if (now === 'drop') req.socket.destroy();
      else res.writeHead(200, { 'content-type': 'application/json' }).end(answer);
    }
  };

  async function resume(): Promise<void> {
    server = tls === undefined ? createServer(listener) : createSecureServer(tls, listener);
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
  }

  async function halt(): Promise<void> {
    const ending = server;
    server = undefined;
    if (ending === undefined) return;
    const closed = once(ending, 'close');
    ending.close();
    ending.closeAllConnections();
    await closed;
  }

  await resume();
  t.after(async () => {
    await halt();
    if (wrong.length > 0) throw wrong[0];
  });
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${tls === undefined ? '127.0.0.1' : 'localhost'}:${port}`,
    accepted,
    behave(as, count = 1) {
      behaviour = as;
      times = count;
    },
    seen: () => seen,
    halt,
    resume,
  };
}

async function readBody(req: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  return req.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes;
}
