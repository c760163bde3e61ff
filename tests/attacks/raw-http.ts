import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { isRefusal } from '../../gateway/errors.ts';
import { stage } from '../pipeline/accept/request.ts';

/** What became of raw bytes that were sent to a server whose only stage is accept. */
export interface RawOutcome {
  /** Per request that Node's parser let through: the code of its refusal, or `accepted`. */
  readonly seen: readonly string[];
  /** Codes with which Node's parser gave up, where it did. */
  readonly broken: readonly string[];
  /** All that was sent back. */
  readonly answer: string;
}

/** Sends bytes as they are to Node's own parser with accept behind it, and waits until the server has closed the connection. */
export async function sendRaw(bytes: string): Promise<RawOutcome> {
  const seen: string[] = [];
  const broken: string[] = [];
  const server = createServer((req, res) => {
    const result = stage.accept(stage.arrive(req), req);
    seen.push(isRefusal(result) ? result.code : 'accepted');
    res.writeHead(isRefusal(result) ? 400 : 200, { connection: 'close' }).end();
  });
  server.on('clientError', (error, socket) => {
    broken.push('code' in error ? String(error.code) : 'unknown');
    socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  try {
    socket.end(bytes.replaceAll('\n', '\r\n').replaceAll('\r\r\n', '\r\n'), 'latin1');
    return { seen, broken, answer: await text(socket) };
  } finally {
    socket.destroy();
    server.close();
    await once(server, 'close');
  }
}
