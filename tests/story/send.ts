import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { connect } from 'node:tls';

/** What came back, as far as it came. */
export interface Answered {
  /** Absent where the connection ended without an answer. */
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The connection broke before the answer was whole. */
  readonly broken: boolean;
  /** The server asked for the body with 100 (Continue). */
  readonly continued: boolean;
}

export interface Outgoing {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Buffer;
  /** The address to call from; of 127.0.0.0/8. */
  readonly from?: string;
  /** Leave when the first bytes of the answer's body have come. */
  readonly hangUp?: boolean;
  /** A client certificate, those of its issuers behind it, and its key; PEM. */
  readonly client?: { readonly cert: string; readonly key: string };
}

interface Place {
  readonly port: number;
  readonly ca: string;
}

const patienceMs = 10_000;

/** Sends a request over TLS as an ordinary client does: a body that was announced with Expect waits to be asked for. */
export function send({ port, ca }: Place, { method, path, headers, body, from, hangUp = false, client }: Outgoing): Promise<Answered> {
  const { promise, resolve, reject } = Promise.withResolvers<Answered>();
  let continued = false;
  const waits = Object.keys(headers).some((name) => name.toLowerCase() === 'expect');
  const req = request({
    host: '127.0.0.1',
    servername: 'localhost',
    port,
    ca,
    method,
    path,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]])),
    agent: false,
    ...(client === undefined ? {} : { cert: client.cert, key: client.key }),
    ...(from === undefined ? {} : { localAddress: from }),
    timeout: patienceMs,
  });
  req.on('continue', () => {
    continued = true;
    req.end(body);
  });
  req.on('timeout', () => req.destroy(new Error('the gateway does not answer')));
  req.on('error', reject);
  req.on('response', (res) => {
    receive(res, hangUp).then((answered) => resolve({ ...answered, continued }), reject);
  });
  if (waits) req.flushHeaders();
  else req.end(body);
  return promise;
}

function receive(res: IncomingMessage, hangUp: boolean): Promise<Omit<Answered, 'continued'>> {
  const { promise, resolve } = Promise.withResolvers<Omit<Answered, 'continued'>>();
  const chunks: Buffer[] = [];
  const headers = Object.fromEntries(Object.entries(res.headers).map(([name, value]) => [name, String(value)]));
  const settle = () => resolve({ status: res.statusCode, headers, body: Buffer.concat(chunks).toString(), broken: !res.complete });
  res.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    if (hangUp) res.destroy();
  });
  // The break itself is told by `complete`.
  res.on('error', () => undefined);
  res.on('close', settle);
  return promise;
}

export interface OutgoingBytes {
  readonly bytes: string;
  /** Leave at once after the bytes, in the middle of whatever they began. */
  readonly cut?: boolean;
}

/** Sends bytes as they are over TLS, and reads until the gateway closes the connection. Line ends become CRLF. */
export function sendBytes({ port, ca }: Place, { bytes, cut = false }: OutgoingBytes): Promise<Answered> {
  const { promise, resolve, reject } = Promise.withResolvers<Answered>();
  const socket = connect({ host: '127.0.0.1', servername: 'localhost', port, ca });
  const chunks: Buffer[] = [];
  socket.setTimeout(patienceMs, () => socket.destroy(new Error('the gateway neither answers nor closes the connection')));
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error);
  });
  socket.on('close', () => resolve(parse(Buffer.concat(chunks).toString('latin1'))));
  socket.on('secureConnect', () => {
    const wire = bytes.replaceAll('\n', '\r\n');
    if (cut) socket.write(wire, 'latin1', () => socket.destroySoon());
    else socket.write(wire, 'latin1');
  });
  return promise;
}

/** Reads the last answer of what may be several; a 100 (Continue) stands before the one that counts. */
function parse(text: string): Answered {
  const continued = text.startsWith('HTTP/1.1 100 ');
  const rest = continued ? text.slice(text.indexOf('\r\n\r\n') + 4) : text;
  const status = /^HTTP\/1\.1 (\d{3})/.exec(rest)?.[1];
  const end = rest.indexOf('\r\n\r\n');
  const head = end === -1 ? rest : rest.slice(0, end);
  const headers = Object.fromEntries(
    head
      .split('\r\n')
      .slice(1)
      .map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const body = end === -1 ? '' : rest.slice(end + 4);
  return { status: status === undefined ? undefined : Number(status), headers, body, broken: false, continued };
}
