import ipaddr from 'ipaddr.js';
import type { Peer } from '../../vocabulary/request.ts';

/** What the gateway reads of a socket. Its fields are absent once the other end has gone. */
export interface SocketEnd {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  readonly encrypted?: boolean;
}

/** Who is behind a connection, by a trusted proxy's word; `nobody` where it says that it does not know. */
export type Announced = { readonly address: string; readonly port: number } | 'nobody';

/** An address that belongs to nobody (RFC 1122 section 3.2.1.3), for a socket that no longer knows its other end. */
const nobody = '0.0.0.0';

/**
 * Names the other end of a connection. An IPv4 caller on a dual-stack socket arrives as `::ffff:192.0.2.1`; it is unmapped, so that a network
 * written as `192.0.2.0/24` holds it.
 */
export function describePeer(socket: SocketEnd, announced?: Announced): Peer {
  const encrypted = socket.encrypted === true;
  if (announced === 'nobody') return { address: nobody, port: 0, encrypted, announced: true };
  if (announced !== undefined) return { address: unmap(announced.address), port: announced.port, encrypted, announced: true };
  return { address: unmap(socket.remoteAddress), port: socket.remotePort ?? 0, encrypted: socket.encrypted === true };
}

function unmap(address: string | undefined): string {
  if (address === undefined || address === '') return nobody;
  if (!address.includes(':')) return address;
  return ipaddr.isValid(address) ? ipaddr.process(address).toString() : nobody;
}
