import type { Server, Socket } from 'node:net';
import { makeRanges, readAddress } from '../addresses/address.ts';
import { type Announced, readProxyHeader } from './read-proxy-header.ts';

export interface ProxyProtocolNeeds {
  /** CIDRs of the proxies that begin each connection with a header. */
  readonly trustedProxies: readonly string[];
  /** How long a proxy may take to send it. */
  readonly patienceMs?: number;
}

export interface ProxyProtocol {
  /** Who is behind a connection, by the word of a trusted proxy; `undefined` where it came without one. */
  announcedOf(socket: object): Announced | undefined;
  /**
   * Makes a server read the header before anything else on a connection, TLS included. Call it before others listen for connections.
   *
   * @param onRefused hears of connections of trusted proxies that began without a whole header; they are closed afterwards
   */
  guard(server: Server, onRefused: (socket: Socket) => void): void;
}

/**
 * Makes the PROXY protocol for a listener. A trusted proxy must send a header on every connection: where it may leave it out, its client writes it.
 * From everybody else a header is no header but broken TLS or HTTP: their own address counts.
 */
export function makeProxyProtocol({ trustedProxies, patienceMs = 5_000 }: ProxyProtocolNeeds): ProxyProtocol {
  const isTrusted = makeRanges(trustedProxies);
  const known = new WeakMap<object, Announced>();
  /** TLS wraps a connection in another object, which has the same two ends. */
  const byEnds = new Map<string, Announced>();

  function guard(server: Server, onRefused: (socket: Socket) => void): void {
    const own = server.listeners('connection');
    server.removeAllListeners('connection');
    const pass = (socket: Socket): void => {
      for (const listener of own) listener.call(server, socket);
    };
    server.on('connection', (socket: Socket) => {
      const address = readAddress(socket.remoteAddress ?? '');
      if (address === undefined || !isTrusted(address)) pass(socket);
      else takeHeader(socket, pass, onRefused);
    });
    server.on('secureConnection', (secure: Socket) => {
      const announced = byEnds.get(nameEnds(secure));
      if (announced !== undefined) known.set(secure, announced);
    });
  }

  function takeHeader(socket: Socket, pass: (socket: Socket) => void, onRefused: (socket: Socket) => void): void {
    let bytes = Buffer.alloc(0);
    const timer = setTimeout(() => refuse(), patienceMs);
    timer.unref();
    socket.on('error', giveUp);
    socket.on('end', giveUp);
    socket.on('close', settle);
    socket.on('readable', look);

    function settle(): void {
      clearTimeout(timer);
      socket.off('error', giveUp).off('end', giveUp).off('close', settle).off('readable', look);
    }
    function giveUp(): void {
      settle();
      socket.on('error', () => undefined);
      socket.destroy();
    }
    function refuse(): void {
      onRefused(socket);
      giveUp();
    }
    function look(): void {
      const piece: unknown = socket.read();
      if (!Buffer.isBuffer(piece)) return;
      bytes = Buffer.concat([bytes, piece]);
      const result = readProxyHeader(bytes);
      if (result === 'more') return;
      if (result === 'malformed') {
        refuse();
        return;
      }
      settle();
      remember(socket, result.announced);
      if (bytes.length > result.length) socket.unshift(bytes.subarray(result.length));
      pass(socket);
    }
  }

  function remember(socket: Socket, announced: Announced): void {
    const ends = nameEnds(socket);
    known.set(socket, announced);
    byEnds.set(ends, announced);
    socket.once('close', () => byEnds.delete(ends));
  }

  return { announcedOf: (socket) => known.get(socket), guard };
}

function nameEnds({ remoteAddress, remotePort, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localPort}`;
}
