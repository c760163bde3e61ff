import { randomBytes } from 'node:crypto';
import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { dialects } from './backends/dialects.ts';
import { makeEngine } from './engine/engine.ts';
import { makeDoors } from './http/doors.ts';
import { openDecisionLog } from './ledger/decision-log.ts';
import type { FileSystemPort } from './ledger/file-system.ts';
import { systemClock } from './observe/clock.ts';
import { type Metrics, makeMetrics } from './observe/metrics.ts';
import { newId } from './observe/new-id.ts';
import { makeAccept } from './pipeline/accept/accept.ts';
import { makeAuthenticate } from './pipeline/authenticate/authenticate.ts';
import { makeFetchKeys } from './pipeline/authenticate/fetch-keys.ts';
import { makeJwtAuthenticator } from './pipeline/authenticate/jwt.ts';
import { makeKeyFile } from './pipeline/authenticate/key-file.ts';
import { readPepper } from './pipeline/authenticate/pepper.ts';
import { makeVirtualKeyAuthenticator } from './pipeline/authenticate/virtual-key.ts';
import { makeChain } from './pipeline/chain/chain.ts';
import { makeCollect } from './pipeline/collect/collect.ts';
import { makeInFlight } from './pipeline/collect/in-flight.ts';
import { makeDecide } from './pipeline/decide/decide.ts';
import { readAnswer } from './pipeline/decide/read-answer.ts';
import { makeEnforce } from './pipeline/enforce/enforce.ts';
import { makeInject } from './pipeline/inject/inject.ts';
import { makePipeline, type Pipeline } from './pipeline/pipeline.ts';
import { makeProxy } from './pipeline/proxy/proxy.ts';
import { makeRecord } from './pipeline/record/record.ts';
import { makeServer } from './server.ts';
import { makeServerTls } from './tls/server-tls.ts';
import { makeVault } from './vault/vault.ts';
import { version } from './version.ts';
import type { Clock } from './vocabulary/clock.ts';
import type { Configuration } from './vocabulary/configuration.ts';
import type { Logger } from './vocabulary/logger.ts';

export interface GatewayNeeds {
  readonly logger: Logger;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock?: Clock;
  /** The disk of the decision log. */
  readonly files?: FileSystemPort;
}

export interface Gateway {
  /** Origin of the data port, e.g. `https://localhost:8443`. */
  readonly url: string;
  /** Origin of the doors. */
  readonly doorsUrl: string;
  /** PEM file of the development CA, in that mode. */
  readonly caPath?: string;
  /** Stops taking connections, lets open answers end until the deadline, writes what is left to record. */
  stop(): Promise<void>;
}

/** Composes the gateway from its configuration and starts it. The only place that knows every room. */
export async function startGateway(configuration: Configuration, needs: GatewayNeeds): Promise<Gateway> {
  const { logger, environment, clock = systemClock } = needs;
  const { catalogue, identity, limits, listen } = configuration;
  const metrics = makeMetrics();
  const makeId = () => newId(clock.now());

  const engine = makeEngine({ policy: configuration.policy, catalogue, clock, logger, checkAnswer: readAnswer });
  await engine.start();
  const log = await openDecisionLog({
    ...configuration.record,
    clock,
    logger,
    onStateChange: ({ healthy }) => metrics.recordAvailable(healthy),
    ...(needs.files === undefined ? {} : { files: needs.files }),
  });
  const accept = makeAccept({ newId: makeId, clock });
  const inFlight = makeInFlight(limits.inFlightBytes);
  const proxy = makeProxy({ catalogue, dialects, clock, logger });
  const record = makeRecord({
    log,
    clock,
    labels: configuration.labels,
    catalogueDigest: catalogue.digest,
    anonymousPerSecond: configuration.record.anonymousPerSecond,
    logger,
    metrics,
  });
  const pipeline = makePipeline({
    accept,
    authenticate: makeAuthenticate({ authenticators: makeAuthenticators(identity, clock, logger) }),
    chain: makeChain({ issuers: identity.issuers, clock }),
    collect: makeCollect({ catalogue, context: configuration.context, trustedProxies: listen.trustedProxies, limits, inFlight }),
    pinPolicy: () => engine.current(),
    decide: makeDecide({ catalogue, clock }),
    enforce: makeEnforce({ catalogue }),
    inject: makeInject({
      vault: makeVault({ credentials: configuration.credentials, environment, logger }),
      catalogue,
      dialects,
      userAgent: `regate/${version}`,
    }).inject,
    proxy,
    record,
    catalogue,
    maxAttempts: limits.maxAttempts,
    newId: makeId,
    clock,
    logger,
  });

  const tls = await makeServerTls(listen.tls, { clock, logger });
  const watched = watchInFlight(pipeline, metrics);
  const server = makeServer({
    pipeline: watched,
    arriveBroken: accept.arriveBroken,
    ...(tls === undefined ? {} : { tls: tls.current() }),
  });
  tls?.onChange((pair) => 'setSecureContext' in server && server.setSecureContext(pair));

  const sockets = watchSockets(server);

  let stopping = false;
  const doors = makeDoors({
    version,
    metrics: {
      contentType: metrics.contentType,
      text() {
        metrics.policy(engine.current()?.stamp);
        return metrics.text();
      },
    },
    readiness: () => {
      const policy = engine.status();
      const decisionLog = log.health();
      return {
        ready: !stopping && engine.current() !== undefined && decisionLog.healthy,
        parts: { policy, record: decisionLog, stopping },
      };
    },
  });

  const doorSockets = watchSockets(doors);

  try {
    await listenOn(server, listen.host, listen.port);
    await listenOn(doors, configuration.doors.host, configuration.doors.port);
  } catch (error) {
    // Half a gateway would go on serving on the port that it has.
    await stop(0);
    throw error;
  }

  async function stop(drainSeconds: number): Promise<void> {
    if (stopping) return;
    stopping = true;
    logger.info('the gateway is stopping; open answers may end', { deadline_seconds: drainSeconds });
    await drain(server, drainSeconds * 1000, sockets);
    await within(watched.ended(), lastLinesMs);
    await drain(doors, 0, doorSockets);
    tls?.close();
    engine.stop();
    proxy.close();
    await record.close();
    await log.close();
    logger.info('the gateway has stopped');
  }

  return {
    url: `${tls === undefined ? 'http' : 'https'}://${nameHost(listen.host)}:${portOf(server)}`,
    doorsUrl: `http://${nameHost(configuration.doors.host)}:${portOf(doors)}`,
    ...(tls?.caPath === undefined ? {} : { caPath: tls.caPath }),
    stop: () => stop(listen.drainSeconds),
  };
}

function makeAuthenticators(identity: Configuration['identity'], clock: Clock, logger: Logger) {
  const { issuers, keys } = identity;
  return [
    makeVirtualKeyAuthenticator(
      keys === undefined
        ? undefined
        : { keys: makeKeyFile({ path: keys.file, clock, logger }), pepper: readPepper(keys.pepperFile), clock },
    ),
    makeJwtAuthenticator({ issuers, fetchKeys: makeFetchKeys(), clock, logger, digestKey: randomBytes(32) }),
  ];
}

interface WatchedPipeline extends Pipeline {
  /** Resolves when every request that has begun has come to its end, which is later than its connection's: its last line is handed to the log. */
  ended(): Promise<unknown>;
}

function watchInFlight(pipeline: Pipeline, metrics: Metrics): WatchedPipeline {
  const under = new Set<Promise<void>>();
  const watch = (life: Promise<void>): Promise<void> => {
    under.add(life);
    return life.finally(() => under.delete(life));
  };
  return {
    handle(req, res) {
      metrics.inFlight(1);
      res.once('close', () => metrics.inFlight(-1));
      return watch(pipeline.handle(req, res));
    },
    broken: (arrival) => watch(pipeline.broken(arrival)),
    ended: () => Promise.allSettled(under),
  };
}

function listenOn(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** How long requests whose connections are gone may take to hand over their last lines. A stage may be waiting for somebody who does not answer. */
const lastLinesMs = 2000;

async function within(work: Promise<unknown>, milliseconds: number): Promise<void> {
  const { promise: tooLong, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  await Promise.race([work, tooLong]);
  clearTimeout(timer);
}

/** How often connections whose answer has ended meanwhile are closed. */
const sweepMs = 100;

/** The open sockets of a server. Node's own list lacks those that have not spoken HTTP yet: a TLS handshake may take two minutes. */
function watchSockets(server: Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return sockets;
}

/** Stops taking connections; what is open may end until the deadline, then it is cut. */
async function drain(server: Server, deadlineMs: number, sockets: ReadonlySet<Socket>): Promise<void> {
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

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

function nameHost(host: string): string {
  if (host === '127.0.0.1' || host === '::1') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
