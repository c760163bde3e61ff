import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** Resolves when the server listens. @throws what the system says where it cannot */
export function listenOn(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** How often connections whose answer has ended meanwhile are closed. */
const sweepMs = 100;

/** The open sockets of a server. Node's own list lacks those that have not spoken HTTP yet: a TLS handshake may take two minutes. */
export function watchSockets(server: Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return sockets;
}

/** Stops taking connections; what is open may end until the deadline, then it is cut. */
export async function drain(server: Server, deadlineMs: number, sockets: ReadonlySet<Socket>): Promise<void> {
  const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
  const sweep = setInterval(() => server.closeIdleConnections(), sweepMs);
  const cut = setTimeout(() => {
    server.closeAllConnections();
    for (const socket of sockets) socket.destroy();
  }, deadlineMs);
  await closed;
  clearInterval(sweep);
  clearTimeout(cut);
}

/** The port that a listening server has. */
export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

/** How an address is written in a URL that people read. */
export function nameHost(host: string): string {
  if (host === '127.0.0.1' || host === '::1') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
