import { dialects } from './backends/dialects.ts';
import { makeAdministration } from './composition/administration.ts';
import { makeCallers } from './composition/callers.ts';
import { makeCandidate } from './composition/candidate.ts';
import { openContent } from './composition/content.ts';
import { openCircumstances } from './composition/context.ts';
import { openLedger } from './composition/ledger.ts';
import { openLogin } from './composition/login.ts';
import { makeOwnRecords } from './composition/own-records.ts';
import { makePolicy } from './composition/policy.ts';
import { makePushDoors } from './composition/push-bundle.ts';
import { makeRegistry } from './composition/registry.ts';
import { makeRegistryDoors } from './composition/registry-doors.ts';
import { makeRolloutRecord } from './composition/rollout-record.ts';
import { makeLogSearch } from './composition/search.ts';
import { openSinks } from './composition/sinks.ts';
import { makeTokenDoors } from './composition/tokens.ts';
import { openTraces } from './composition/traces.ts';
import { makeAdminServer } from './http/admin/admin-server.ts';
import { makeBundleDoors } from './http/admin/bundles.ts';
import { makeCandidateDoors } from './http/admin/candidate.ts';
import { makePolicyStatus } from './http/admin/policy-status.ts';
import { whoami } from './http/admin/whoami.ts';
import { makeDoors } from './http/doors.ts';
import type { FileSystemPort } from './ledger/file-system.ts';
import { makeFingerprint } from './ledger/fingerprint.ts';
import { watchInFlight } from './lifecycle/in-flight.ts';
import { drain, listenOn, nameHost, portOf, watchSockets } from './lifecycle/sockets.ts';
import { within } from './lifecycle/within.ts';
import { systemClock } from './observe/clock.ts';
import { makeMetrics } from './observe/metrics.ts';
import { newId } from './observe/new-id.ts';
import { makeCollect } from './pipeline/collect/collect.ts';
import { makeInFlight } from './pipeline/collect/in-flight.ts';
import { makeDecide } from './pipeline/decide/decide.ts';
import { makeEnforce } from './pipeline/enforce/enforce.ts';
import { makeInject } from './pipeline/inject/inject.ts';
import { makePipeline } from './pipeline/pipeline.ts';
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
  /** Origin of the administrative doors, where there are any. */
  readonly adminUrl?: string;
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
  const traces = openTraces(configuration, environment, logger);
  const makeId = () => newId(clock.now());

  const log = await openLedger({
    configuration: configuration.record,
    clock,
    logger,
    onStateChange: ({ healthy }) => metrics.recordAvailable(healthy),
    ...(needs.files === undefined ? {} : { files: needs.files }),
  });
  const sinks = await openSinks({ configuration: configuration.record, environment, clock, logger });
  const note = makeRolloutRecord({ log, labels: configuration.labels, newId: makeId, clock });
  const policy = makePolicy({
    policy: configuration.policy,
    catalogue,
    environment,
    note,
    labels: { id: makeId(), version, ...configuration.labels },
    clock,
    logger,
  });
  await policy.start();
  const candidate = makeCandidate({
    ...{ configuration: configuration.policy, policy, catalogue, environment, log, labels: configuration.labels, note, clock, logger },
    metrics: metrics.candidate,
  });
  await candidate?.start();
  const life = makeOwnRecords({ configuration, log, newId: makeId, clock });
  const registry = makeRegistry({ identity, environment, onKeysChanged: life.keysChanged, clock, logger });
  await registry.start();
  const { accept, authenticators, authenticate, chain, own, certificates, proxyProtocol } = await makeCallers({
    ...{ configuration, registry, newId: makeId, clock, logger },
  });
  const { contextOf, close: closeCircumstances } = openCircumstances(configuration, logger);
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
    ...(traces && { trace: traces.tell }),
  });
  const content = openContent({
    configuration: configuration.record.content,
    labels: configuration.labels,
    log,
    newId: makeId,
    clock,
    logger,
    files: needs.files,
  });
  const vault = makeVault({ credentials: configuration.credentials, environment, clock, logger });
  const pipeline = makePipeline({
    accept,
    authenticate,
    chain,
    collect: makeCollect({
      ...{ catalogue, contextOf, limits, inFlight },
      fingerprint: makeFingerprint(configuration.record.fingerprintKeyFile),
    }),
    pinPolicy: (people) => (people === undefined || candidate === undefined ? policy.current() : candidate.pin(people)),
    ...(candidate === undefined ? {} : { trial: candidate }),
    decide: makeDecide({ catalogue, clock }),
    enforce: makeEnforce({
      catalogue,
      ...(configuration.login === undefined ? {} : { loginUrl: `${configuration.login.publicUrl}/auth/login` }),
    }),
    inject: makeInject({
      vault,
      catalogue,
      dialects,
      userAgent: `regate/${version}`,
      ...(traces && { traceparent: traces.traceparent }),
    }).inject,
    proxy,
    record,
    capture: content.capture,
    catalogue,
    maxAttempts: limits.maxAttempts,
    newId: makeId,
    clock,
    logger,
  });

  const tls = await makeServerTls(listen.tls, { clock, logger, ...certificates.tls });
  const watched = watchInFlight(pipeline, metrics);
  const login = await openLogin(configuration, {
    ...{ arrive: accept.arrive, revocations: registry.revocations?.store, log, newId: makeId, clock, logger },
  });
  const petitions = { configuration, accept, authenticate, chain, contextOf, log, newId: makeId, clock, logger };
  const administration = makeAdministration({ ...petitions, pinPolicy: () => policy.current() });
  const tokens =
    own &&
    makeTokenDoors({
      ...petitions,
      ...certificates.authenticate,
      authenticators,
      registry,
      own,
      authorize: administration.authorize,
      ...(login && { login }),
    });
  const server = makeServer({
    pipeline: watched,
    arriveBroken: accept.arriveBroken,
    pages: new Map([...(tokens?.pages ?? []), ...(login === undefined ? [] : [['/auth/', login.door] as const])]),
    ...(tls === undefined ? {} : { tls: tls.current() }),
  });
  tls?.onChange((pair) => 'setSecureContext' in server && server.setSecureContext(pair));

  proxyProtocol?.guard(server, (socket) => void watched.broken(accept.arriveBroken(socket)));
  const sockets = watchSockets(server);

  let stopping = false;
  const doors = makeDoors({
    version,
    metrics: {
      contentType: metrics.contentType,
      async text() {
        metrics.sinks(await sinks.measure());
        metrics.policy(policy.current()?.stamp);
        metrics.bundles(policy.status());
        metrics.credentials(vault.since());
        if (registry.ageSeconds !== undefined) metrics.registryAge(registry.ageSeconds());
        return metrics.text();
      },
    },
    readiness: () => {
      const decisionLog = log.health();
      return {
        ready: !stopping && policy.current() !== undefined && decisionLog.healthy,
        parts: {
          policy: policy.status(),
          ...(candidate === undefined ? {} : { candidate: candidate.status() }),
          record: decisionLog,
          sinks: sinks.status(),
          stopping,
        },
      };
    },
  });

  const doorSockets = watchSockets(doors);
  const logSearch = makeLogSearch(configuration.record.directory, logger);
  const admin =
    configuration.admin &&
    makeAdminServer({
      ...administration,
      doors: [
        whoami,
        ...makePolicyStatus(policy),
        ...makeBundleDoors(policy),
        ...makePushDoors(configuration.policy.bundles, policy),
        ...makeCandidateDoors(candidate),
        ...makeRegistryDoors(registry, clock),
        ...logSearch.doors,
      ],
      logger,
      ...(tls === undefined ? {} : { tls: tls.current() }),
    });
  const adminSockets = admin && watchSockets(admin);
  tls?.onChange((pair) => admin !== undefined && 'setSecureContext' in admin && admin.setSecureContext(pair));

  try {
    await listenOn(server, listen.host, listen.port);
    await listenOn(doors, configuration.doors.host, configuration.doors.port);
    if (admin !== undefined && configuration.admin !== undefined) await listenOn(admin, configuration.admin.host, configuration.admin.port);
    life.started();
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
    if (admin !== undefined && adminSockets !== undefined) await drain(admin, 0, adminSockets);
    tls?.close();
    policy.stop();
    candidate?.stop();
    proxy.close();
    await logSearch.search.close();
    closeCircumstances();
    await registry.close();
    tokens?.close();
    await login?.close();
    content.close();
    administration.close();
    life.stopped();
    await record.close();
    await log.close();
    await sinks.close();
    await traces?.close();
    logger.info('the gateway has stopped');
  }

  const scheme = tls === undefined ? 'http' : 'https';
  return {
    url: `${scheme}://${nameHost(listen.host)}:${portOf(server)}`,
    doorsUrl: `http://${nameHost(configuration.doors.host)}:${portOf(doors)}`,
    ...(admin !== undefined && configuration.admin !== undefined
      ? { adminUrl: `${scheme}://${nameHost(configuration.admin.host)}:${portOf(admin)}` }
      : {}),
    ...(tls?.caPath === undefined ? {} : { caPath: tls.caPath }),
    stop: () => stop(listen.drainSeconds),
  };
}

/** How long requests whose connections are gone may take to hand over their last lines. A stage may be waiting for somebody who does not answer. */
const lastLinesMs = 2000;
