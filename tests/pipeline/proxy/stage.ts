import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dialects } from '../../../gateway/backends/dialects.ts';
import { isRefusal, refuse } from '../../../gateway/errors.ts';
import { systemClock } from '../../../gateway/observe/clock.ts';
import { makeInject } from '../../../gateway/pipeline/inject/inject.ts';
import { makeProxy, type ProxyStage } from '../../../gateway/pipeline/proxy/proxy.ts';
import { seal } from '../../../gateway/secret.ts';
import type { Backend } from '../../../gateway/vocabulary/catalogue.ts';
import type { Delivered } from '../../../gateway/vocabulary/delivered.ts';
import type { Logger } from '../../../gateway/vocabulary/logger.ts';
import type { ForwardPermit, Permit } from '../../../gateway/vocabulary/permit.ts';
import type { Arrival, Operation, Protocol } from '../../../gateway/vocabulary/request.ts';

/*
 * Inject and proxy with nothing in front of them: a server that gives every request a permit, as if the stages before had run. What it is told
 * about each delivery is what the pipeline would be told.
 */

export const decisionId = '0198c2f4-7b1a-7cc3-98c4-dc0c0c07398f';
export const credential = 'the-backends-own-credential';

export interface StageOptions {
  /** Origin of the backend. */
  readonly origin: string;
  readonly backend?: Partial<Backend>;
  readonly permit?: Partial<ForwardPermit>;
  readonly mayRetry?: boolean;
  /** Called with the answer before the proxy gets it, e.g. to set headers that must not survive. */
  readonly prepare?: (req: IncomingMessage, res: ServerResponse) => void;
}

export interface Stage {
  readonly url: string;
  readonly proxy: ProxyStage;
  /** The next delivery that has not been asked for yet. */
  delivery(): Promise<Delivered>;
  readonly logged: { readonly level: string; readonly message: string; readonly fields: unknown }[];
  close(): Promise<void>;
}

const operations: ReadonlyMap<string, readonly [Protocol, Operation]> = new Map([
  ['/chat/completions', ['openai', 'chat']],
  ['/completions', ['openai', 'completions']],
  ['/responses', ['openai', 'responses']],
  ['/embeddings', ['openai', 'embeddings']],
  ['/messages', ['anthropic', 'chat']],
  ['/messages/count_tokens', ['anthropic', 'count-tokens']],
]);

export async function startStage(options: StageOptions): Promise<Stage> {
  const backends = new Map<string, Backend>();
  for (const protocol of ['openai', 'anthropic'] as const) {
    backends.set(protocol, {
      id: protocol,
      protocol,
      baseUrl: `${options.origin}/v1`,
      credential: 'main',
      auth: protocol === 'openai' ? 'bearer' : 'x-api-key',
      timeoutMs: { connect: 2_000, idle: 5_000 },
      serves: [],
      ...options.backend,
    });
  }
  const logged: { level: string; message: string; fields: unknown }[] = [];
  const log =
    (level: string) =>
    (message: string, fields?: unknown): void => {
      logged.push({ level, message, fields });
    };
  const logger: Logger = { error: log('error'), warn: log('warn'), info: log('info'), debug: log('debug') };
  const catalogue = { backends };
  const vault = { fetch: async () => ({ secret: seal(credential), version: 'v1' }) };
  const { inject } = makeInject({ vault, catalogue, dialects, userAgent: 'regate/test' });
  const proxy = makeProxy({ catalogue, dialects, clock: systemClock, logger });
  const deliveries: Delivered[] = [];
  const waiting: ((delivered: Delivered) => void)[] = [];

  const handle = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    options.prepare?.(req, res);
    if (req.headers.expect !== undefined) res.writeContinue();
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    await once(req, 'end');
    const body = Buffer.concat(chunks);
    const path = (req.url ?? '').replace(/^\/v1/, '').replace(/\?.*$/, '');
    const [protocol, operation] = operations.get(path) ?? ['openai', 'chat'];
    const permit = forwardPermit({ protocol, operation, path, body, stream: /"stream":\s*true/.test(body.toString()), ...options.permit });
    const headers = new Map(Object.entries(req.headers).map(([name, value]) => [name, [value ?? ''].flat()]));
    const armed = await inject(permit, { headers });
    const delivered = isRefusal(armed)
      ? proxy.tell(armed, arrivalOf(protocol), decisionId, res)
      : await proxy.carry(armed, req, res, decisionId, { mayRetry: options.mayRetry ?? false });
    if (delivered.code !== undefined && !delivered.committed) proxy.tell(refuse(delivered.code), arrivalOf(protocol), decisionId, res);
    const next = waiting.shift();
    if (next === undefined) deliveries.push(delivered);
    else next(delivered);
  };
  const listener = (req: IncomingMessage, res: ServerResponse): void => {
    handle(req, res).catch((error: unknown) => {
      logged.push({ level: 'thrown', message: String(error), fields: error });
      res.destroy();
    });
  };
  const server = createServer(listener);
  server.on('checkContinue', listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    proxy,
    logged,
    delivery: () => {
      const ready = deliveries.shift();
      return ready === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(ready);
    },
    close: () =>
      new Promise((resolve) => {
        proxy.close();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A permit as `enforce` would seal it. Only a test may make one by hand, and only with this assertion. */
export function forwardPermit(parts: Partial<ForwardPermit>): ForwardPermit {
  return {
    kind: 'forward',
    obligations: [],
    method: 'POST',
    stream: false,
    dropUsageChunk: false,
    headers: {},
    route: { backend: parts.protocol ?? 'openai', model: 'm', upstreamModel: 'm', credential: 'main' },
    ...parts,
  } as unknown as ForwardPermit;
}

export function listingPermit(parts: object): Permit {
  return { kind: 'listing', operation: 'models', obligations: [], single: false, ...parts } as unknown as Permit;
}

export function arrivalOf(protocol: Protocol, more: Partial<Arrival> = {}): Arrival {
  const peer = { address: '127.0.0.1', port: 1, encrypted: false };
  return { requestId: 'r', receivedAt: 0, startedAt: 0, method: 'POST', path: '/v1/chat/completions', peer, protocol, ...more };
}
