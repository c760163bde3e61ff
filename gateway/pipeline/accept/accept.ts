import type { IncomingMessage } from 'node:http';
import { makeRanges, readAddress } from '../../addresses/address.ts';
import { isRefusal, type Refusal, refuse } from '../../errors.ts';
import { seal } from '../../secret.ts';
import type { ClientCertificatesConfiguration } from '../../vocabulary/certificates.ts';
import type { Accepted, Arrival, Headed, Protocol } from '../../vocabulary/request.ts';
import { anthropicRoutes } from './anthropic.ts';
import { type ArriveNeeds, arrive, arriveBroken } from './arrive.ts';
import { type CertifiedSocket, type FoundCertificate, makeFindCertificate } from './certificate.ts';
import { takeCredentials } from './credentials.ts';
import { type Head, readHead } from './head.ts';
import { openaiRoutes } from './openai.ts';
import { decodeModelId, longestPath, refuseAmbiguous, splitTarget } from './path.ts';
import type { SocketEnd } from './peer.ts';
import { refuseQuery } from './query.ts';
import type { Route, RouteTable } from './route.ts';

export interface AcceptNeeds extends ArriveNeeds {
  /** Absent: no certificate is looked for. */
  readonly clientCertificates?: Pick<ClientCertificatesConfiguration, 'forwarded'>;
  /** CIDRs of the proxies whose word about a certificate counts. */
  readonly trustedProxies?: readonly string[];
  /** Lower-case name of the header of device tokens; absent where none are read. */
  readonly deviceTokenHeader?: string;
}

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
  const findCertificate = makeFindCertificate(needs);
  const isTrusted = makeRanges(needs.trustedProxies ?? []);

  function acceptHead(arrival: Arrival, req: IncomingMessage): Headed | Refusal {
    const head = readHead(req.rawHeaders, req.httpVersion, needs.deviceTokenHeader);
    return isRefusal(head) ? head : describeHead(arrival, req, head);
  }

  function describeHead(arrival: Arrival, req: IncomingMessage, head: Head): Headed | Refusal {
    const credentials = takeCredentials(head.authorization, head.apiKey);
    if (isRefusal(credentials)) return credentials;
    const found = certificateOf(arrival, req, head);
    if (isRefusal(found)) return found;
    const { headers, announcedBytes, dpop, deviceToken } = head;
    return {
      ...arrival,
      credentials,
      headers,
      ...(announcedBytes === undefined ? {} : { announcedBytes }),
      ...(dpop === undefined ? {} : { dpop }),
      ...(deviceToken === undefined ? {} : { deviceToken: seal(deviceToken) }),
      ...(found.certificate === undefined ? {} : { certificate: found.certificate }),
      ...(found.ignored.length === 0 ? {} : { ignoredFields: found.ignored }),
    };
  }

  function certificateOf({ peer }: Arrival, req: IncomingMessage, { apart }: Head): FoundCertificate | Refusal {
    if (needs.clientCertificates === undefined && apart.size === 0) return nothingFound;
    const address = readAddress(peer.address);
    return findCertificate(apart, req.socket as CertifiedSocket, address !== undefined && isTrusted(address));
  }

  function accept(arrival: Arrival, req: IncomingMessage): Accepted | Refusal {
    const head = readHead(req.rawHeaders, req.httpVersion, needs.deviceTokenHeader);
    if (isRefusal(head)) return head;
    const { path, query } = splitTarget(req.url ?? '');
    const found = findRoute(tables[arrival.protocol], path);
    if (isRefusal(found)) return found;
    const { route, modelInPath } = found;
    if (req.method !== route.method) return refuse('request.method-not-allowed');
    const refusedQuery = query === undefined ? undefined : refuseQuery(query, route);
    if (refusedQuery !== undefined) return refusedQuery;
    const headed = describeHead(arrival, req, head);
    if (isRefusal(headed)) return headed;
    return {
      ...headed,
      operation: route.operation,
      upstreamPath: modelInPath === undefined ? route.upstreamPath : `${route.upstreamPath}/${modelInPath}`,
      ...(modelInPath === undefined ? {} : { modelInPath }),
    };
  }

  return { arrive: (req) => arrive(needs, req), arriveBroken: (socket) => arriveBroken(needs, socket), accept, acceptHead };
}

const nothingFound: FoundCertificate = { ignored: [] };

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
