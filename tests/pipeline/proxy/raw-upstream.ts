import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** A server that speaks bytes, for answers that no HTTP server would give. */
export interface RawUpstream {
  readonly origin: string;
  /** Everything that came in, over all connections. */
  received(): string;
  close(): void;
}

/** @param answer called once a connection, when the head of a request has come */
export async function startRaw(answer: (socket: Socket) => void): Promise<RawUpstream> {
  let received = '';
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let answered = false;
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      if (answered || !received.includes('\r\n\r\n')) return;
      answered = true;
      answer(socket);
    });
    // The gateway may reset the connection; that is what some of these tests are about.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received: () => received,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
