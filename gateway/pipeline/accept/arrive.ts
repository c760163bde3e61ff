import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../vocabulary/clock.ts';
import type { Arrival } from '../../vocabulary/request.ts';
import { chooseDialect } from './dialect.ts';
import { escapePath, splitTarget } from './path.ts';
import { type Announced, describePeer, type SocketEnd } from './peer.ts';
import { readTrace } from './trace.ts';

/** What the first look needs. */
export interface ArriveNeeds {
  /** Makes a UUID v7. */
  readonly newId: () => string;
  readonly clock: Clock;
  /** Where the listener speaks the PROXY protocol: who is behind a connection. */
  readonly announcedOf?: (socket: object) => Announced | undefined;
}

const longestMethod = 32;

/**
 * Notes what is known of a request from its first bytes, whatever they are. It judges nothing and never throws, so that every request has an id,
 * a time and a peer under which its refusal can be recorded.
 */
export function arrive(needs: ArriveNeeds, req: IncomingMessage): Arrival {
  const { path } = splitTarget(req.url ?? '');
  const raw = req.rawHeaders;
  const trace = readTrace(findOnly(raw, 'traceparent'));
  return {
    requestId: needs.newId(),
    receivedAt: needs.clock.now(),
    startedAt: needs.clock.monotonic(),
    method: escapePath(req.method ?? '').slice(0, longestMethod),
    path: escapePath(path),
    peer: describePeer(req.socket, needs.announcedOf?.(req.socket)),
    protocol: chooseDialect(path, {
      anthropicVersion: count(raw, 'anthropic-version') > 0,
      authorization: count(raw, 'authorization') > 0,
      apiKey: count(raw, 'x-api-key') > 0,
    }),
    ...(trace === undefined ? {} : { trace }),
  };
}

/** Notes what is known of a connection whose bytes were no HTTP request: the peer and the time. Never throws. */
export function arriveBroken(needs: ArriveNeeds, socket: SocketEnd): Arrival {
  return {
    requestId: needs.newId(),
    receivedAt: needs.clock.now(),
    startedAt: needs.clock.monotonic(),
    method: '',
    path: '',
    peer: describePeer(socket, needs.announcedOf?.(socket)),
    protocol: 'openai',
  };
}

function isField(raw: readonly string[], at: number, name: string): boolean {
  const field = raw[at];
  return field !== undefined && field.length === name.length && field.toLowerCase() === name;
}

function count(raw: readonly string[], name: string): number {
  let found = 0;
  for (let at = 0; at < raw.length; at += 2) if (isField(raw, at, name)) found++;
  return found;
}

/** The value of a field that was sent exactly once. */
function findOnly(raw: readonly string[], name: string): string | undefined {
  if (count(raw, name) !== 1) return undefined;
  for (let at = 0; at < raw.length; at += 2) if (isField(raw, at, name)) return raw[at + 1];
  return undefined;
}
