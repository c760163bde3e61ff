import type { IncomingMessage } from 'node:http';
import { isRefusal, type Refusal, refuse } from '../../errors.ts';
import type { Accepted, Arrival, Headed, Protocol } from '../../vocabulary/request.ts';
import { anthropicRoutes } from './anthropic.ts';
import { type ArriveNeeds, arrive, arriveBroken } from './arrive.ts';
import { takeCredentials } from './credentials.ts';
import { readHead } from './head.ts';
import { openaiRoutes } from './openai.ts';
import { decodeModelId, longestPath, refuseAmbiguous, splitTarget } from './path.ts';
import type { SocketEnd } from './peer.ts';
import { refuseQuery } from './query.ts';
import type { Route, RouteTable } from './route.ts';

export type AcceptNeeds = ArriveNeeds;

export interface Accept {
  /** Notes what is known of any request. Never throws. */
  arrive(req: IncomingMessage): Arrival;
  /** The same for bytes that the HTTP parser gave up on (`clientError`). Never throws. */
  arriveBroken(socket: SocketEnd): Arrival;
  /**
   * Reads the head of a request; the body is left alone, because nobody is authenticated yet.
   *
   * @returns the request with its operation, or a refusal `request.*`; `credential.malformed` where a credential header holds none
   */
  accept(arrival: Arrival, req: IncomingMessage): Accepted | Refusal;
  /** The same for a door that is not a model call: whatever the path, the head has one reading and its credentials are taken out. */
  acceptHead(arrival: Arrival, req: IncomingMessage): Headed | Refusal;
}

const tables: Readonly<Record<Protocol, RouteTable>> = { openai: openaiRoutes, anthropic: anthropicRoutes };

/** Makes the first stage: from a socket to a request whose head has one reading only. */
export function makeAccept(needs: AcceptNeeds): Accept {
  return { arrive: (req) => arrive(needs, req), arriveBroken: (socket) => arriveBroken(needs, socket), accept, acceptHead };
}

function accept(arrival: Arrival, req: IncomingMessage): Accepted | Refusal {
  const head = readHead(req.rawHeaders, req.httpVersion);
  if (isRefusal(head)) return head;
  const { path, query } = splitTarget(req.url ?? '');
  const found = findRoute(tables[arrival.protocol], path);
  if (isRefusal(found)) return found;
  const { route, modelInPath } = found;
  if (req.method !== route.method) return refuse('request.method-not-allowed');
  const refusedQuery = query === undefined ? undefined : refuseQuery(query, route);
  if (refusedQuery !== undefined) return refusedQuery;
  const credentials = takeCredentials(head.authorization, head.apiKey);
  if (isRefusal(credentials)) return credentials;
  return {
    ...arrival,
    operation: route.operation,
    upstreamPath: modelInPath === undefined ? route.upstreamPath : `${route.upstreamPath}/${modelInPath}`,
    credentials,
    headers: head.headers,
    ...(modelInPath === undefined ? {} : { modelInPath }),
    ...(head.announcedBytes === undefined ? {} : { announcedBytes: head.announcedBytes }),
  };
}

function acceptHead(arrival: Arrival, req: IncomingMessage): Headed | Refusal {
  const head = readHead(req.rawHeaders, req.httpVersion);
  if (isRefusal(head)) return head;
  const credentials = takeCredentials(head.authorization, head.apiKey);
  if (isRefusal(credentials)) return credentials;
  const { headers, announcedBytes } = head;
  return { ...arrival, credentials, headers, ...(announcedBytes === undefined ? {} : { announcedBytes }) };
}

interface Found {
  readonly route: Route;
  readonly modelInPath?: string;
}

function findRoute(table: RouteTable, path: string): Found | Refusal {
  const exact = table.exact.get(path);
  if (exact !== undefined) return { route: exact };
  if (path.length > longestPath) return refuse('request.unknown-endpoint', { detail: 'the path is too long' });
  const { prefix, route } = table.model;
  if (!path.startsWith(prefix)) return refuseAmbiguous(path) ?? refuse('request.unknown-endpoint');
  const modelInPath = decodeModelId(path.slice(prefix.length));
  return typeof modelInPath === 'string' ? { route, modelInPath } : modelInPath;
}
