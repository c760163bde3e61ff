import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { isRefusal, type Refusal } from '../../../gateway/errors.ts';
import { scanJson } from '../../../gateway/json/scan.ts';
import { type CollectNeeds, makeCollect } from '../../../gateway/pipeline/collect/collect.ts';
import { makeContext } from '../../../gateway/pipeline/collect/context/context.ts';
import { readRequestBody } from '../../../gateway/pipeline/collect/request-body.ts';
import type { RequestBody } from '../../../gateway/vocabulary/body.ts';
import type { Backend, Catalogue, Model } from '../../../gateway/vocabulary/catalogue.ts';
import type { ContextConfiguration } from '../../../gateway/vocabulary/configuration.ts';
import type { Facts } from '../../../gateway/vocabulary/facts.ts';
import type { IdentityChain, Principal } from '../../../gateway/vocabulary/identity.ts';
import type { Accepted, Operation, Protocol } from '../../../gateway/vocabulary/request.ts';

function backend(id: string, protocol: Protocol): Backend {
  return {
    id,
    protocol,
    baseUrl: 'http://127.0.0.1:1/v1',
    credential: id,
    auth: 'bearer',
    timeoutMs: { connect: 1, idle: 1 },
    serves: [],
  };
}

function model(id: string, operations: readonly Operation[], aliases: readonly string[] = []): Model {
  return { id, aliases, operations };
}

const models = [
  model('small', ['chat', 'completions', 'responses', 'count-tokens'], ['fast', 'gpt-4o-mini']),
  model('frontier', ['chat', 'responses', 'count-tokens']),
  model('vectors', ['embeddings']),
  model('claude', ['chat', 'count-tokens']),
];

export const catalogue: Catalogue = {
  models: new Map(models.map((entry) => [entry.id, entry])),
  names: new Map(models.flatMap((entry) => [entry.id, ...entry.aliases].map((name) => [name, entry.id] as const))),
  backends: new Map(
    [backend('openai-1', 'openai'), backend('openai-2', 'openai'), backend('anthropic-1', 'anthropic')].map((entry) => [entry.id, entry]),
  ),
  servedBy: new Map([
    ['small', ['openai-1', 'openai-2', 'anthropic-1']],
    ['frontier', ['openai-1']],
    ['vectors', ['openai-1']],
    ['claude', ['anthropic-1']],
  ]),
  digest: '0',
};

export const context: ContextConfiguration = {
  zone: 'Europe/Berlin',
  networks: [
    { name: 'office', cidrs: ['192.0.2.0/24', '2001:db8:1::/48'] },
    { name: 'loopback', cidrs: ['127.0.0.0/8'] },
  ],
  headers: { deviceId: 'x-device-id', deviceManaged: 'x-device-managed', deviceOs: 'x-device-os', country: 'x-country', asn: 'x-asn' },
  forwardedHops: 1,
  deviceEvidence: 'asserted',
};

export const limits = { bodyBytes: 10_000, inFlightBytes: 25_000, jsonDepth: 32, bodySeconds: 30 };

const ann: Principal = { kind: 'person', id: 'okta:ann', issuer: 'okta', method: 'jwt', roles: [], groups: [], claims: {} };

export const chain: IdentityChain = { chain: [ann], principals: [ann], originator: ann, caller: ann, attested: {} };

export interface Head {
  readonly protocol?: Protocol;
  readonly operation?: Operation;
  readonly peer?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

/** A request whose head has been accepted. Tuesday, 2026-03-03 08:30 UTC. */
export function accepted({ protocol = 'openai', operation = 'chat', peer = '127.0.0.1', headers = {} }: Head = {}): Accepted {
  const map = new Map(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), typeof value === 'string' ? [value] : value] as const),
  );
  const length = map.get('content-length')?.[0];
  return {
    requestId: '01900000-0000-7000-8000-000000000000',
    receivedAt: Date.UTC(2026, 2, 3, 8, 30),
    startedAt: 0,
    method: operation === 'models' ? 'GET' : 'POST',
    path: '/v1/x',
    peer: { address: peer, port: 50_000, encrypted: true },
    protocol,
    operation,
    upstreamPath: '/x',
    credentials: [],
    headers: map,
    ...(length !== undefined && { announcedBytes: Number(length) }),
  };
}

/** A body that has passed the strict scan. */
export function bodyOf(value: unknown): RequestBody {
  const bytes = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
  const scanned = scanJson(bytes, { maxDepth: 64, maxValues: 100_000 });
  if ('problem' in scanned) throw new Error(`${scanned.problem} in a test's body`);
  return readRequestBody(bytes, scanned);
}

export interface Handled {
  readonly result: Facts | Refusal;
  readonly keepAlive: boolean;
}

/** A loopback server in front of `collect`, and a bare socket to it: the client says exactly which bytes it sends and when. */
export async function serve(needs: Partial<CollectNeeds> = {}, head: Head = {}) {
  const collect = makeCollect({ catalogue, contextOf: makeContext({ context, trustedProxies: [] }), limits, ...needs });
  const waiting: ((handled: Handled) => void)[] = [];
  const handle = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const headers: Record<string, readonly string[]> = {};
    for (const [name, values] of Object.entries(req.headersDistinct)) headers[name] = values ?? [];
    const result = await collect(accepted({ ...head, headers }), chain, req, res);
    waiting.shift()?.({ result, keepAlive: res.shouldKeepAlive });
    if (!res.destroyed) res.writeHead(isRefusal(result) ? 400 : 200).end();
  };
  const server = createServer((req, res) => void handle(req, res));
  server.on('checkContinue', (req, res) => void handle(req, res));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sockets = new Set<Socket>();
  return {
    /** Opens a connection and sends these bytes. */
    async open(bytes: string | Uint8Array = ''): Promise<Socket> {
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
      socket.on('error', () => undefined);
      sockets.add(socket);
      await once(socket, 'connect');
      if (bytes.length > 0) socket.write(bytes);
      return socket;
    },
    /** The outcome of the next request that `collect` finishes with. */
    handled: () => new Promise<Handled>((resolve) => waiting.push(resolve)),
    async close(): Promise<void> {
      for (const socket of sockets) socket.destroy();
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

export function post(body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}): Buffer {
  const bytes = Buffer.from(body);
  const all = { host: 'gateway', 'content-type': 'application/json', 'content-length': String(bytes.length), ...headers };
  return Buffer.concat([Buffer.from(`POST /v1/x HTTP/1.1\r\n${lines(all)}\r\n`), bytes]);
}

export function lines(headers: Readonly<Record<string, string>>): string {
  return Object.entries(headers)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
}

export function codeOf(value: unknown): string | undefined {
  return isRefusal(value) ? value.code : undefined;
}
