/**
 * The gateway's own stages on the data port, some of what they call taken away, to see what it costs. Nothing of it is fit for service: without the
 * policy every request gets the first one's answer, without the record nothing is written.
 */
import { dialects } from '../../gateway/backends/dialects.ts';
import { makeAuthenticators } from '../../gateway/composition/authenticators.ts';
import { openContent } from '../../gateway/composition/content.ts';
import { openLedger } from '../../gateway/composition/ledger.ts';
import { makePolicy } from '../../gateway/composition/policy.ts';
import { makeRegistry } from '../../gateway/composition/registry.ts';
import { loadConfiguration } from '../../gateway/config/load.ts';
import { keepYoung } from '../../gateway/lifecycle/keep-young.ts';
import { listenOn, portOf } from '../../gateway/lifecycle/sockets.ts';
import { systemClock } from '../../gateway/observe/clock.ts';
import { makeLogger } from '../../gateway/observe/logger.ts';
import { makeMetrics } from '../../gateway/observe/metrics.ts';
import { newId } from '../../gateway/observe/new-id.ts';
import { makeAccept } from '../../gateway/pipeline/accept/accept.ts';
import { makeAuthenticate } from '../../gateway/pipeline/authenticate/authenticate.ts';
import { makeChain } from '../../gateway/pipeline/chain/chain.ts';
import { makeCollect } from '../../gateway/pipeline/collect/collect.ts';
import { makeContext } from '../../gateway/pipeline/collect/context/context.ts';
import { makeDecide } from '../../gateway/pipeline/decide/decide.ts';
import { makeEnforce } from '../../gateway/pipeline/enforce/enforce.ts';
import { makeInject } from '../../gateway/pipeline/inject/inject.ts';
import { makePipeline } from '../../gateway/pipeline/pipeline.ts';
import { makeProxy } from '../../gateway/pipeline/proxy/proxy.ts';
import { makeRecord, type Recorder } from '../../gateway/pipeline/record/record.ts';
import { makeServer } from '../../gateway/server.ts';
import { makeServerTls } from '../../gateway/tls/server-tls.ts';
import { makeVault } from '../../gateway/vault/vault.ts';
import type { PinnedPolicy } from '../../gateway/vocabulary/decision.ts';
import { answerParent } from './channel.ts';
import { makeMeters } from './meters.ts';
import { silent } from './scene.ts';

/** `policy`: the evaluations of the answer and of the mask. `record`: describing, masking, writing and syncing. `log`: the operational log. */
export type Part = 'policy' | 'record' | 'log';

keepYoung();

const noRecord: Recorder = {
  decided: async () => undefined,
  delivered: async () => undefined,
  flushSummary: () => undefined,
  close: async () => undefined,
};

/** Each entry point is evaluated once, and gives the same from then on. */
function evaluateOnce(policy: PinnedPolicy): PinnedPolicy {
  const values = new Map<string, unknown>();
  return {
    ...policy,
    evaluate(entrypoint, input, circumstances) {
      if (!values.has(entrypoint)) values.set(entrypoint, policy.evaluate(entrypoint, input, circumstances));
      return values.get(entrypoint);
    },
  };
}

async function start({ path, without }: { readonly path: string; readonly without: readonly Part[] }): Promise<{ readonly url: string }> {
  const configuration = loadConfiguration(path, { environment: {} });
  const { catalogue, identity, limits, listen, context, labels } = configuration;
  const clock = systemClock;
  const logger = without.includes('log') ? silent : makeLogger(configuration.log);
  const makeId = () => newId(clock.now());
  const rollout = makePolicy({ policy: configuration.policy, catalogue, clock, logger });
  await rollout.refresh();
  const current = rollout.current();
  if (current === undefined) throw new Error('there is no policy');
  const policy = without.includes('policy') ? evaluateOnce(current) : current;
  const registry = makeRegistry({ identity, environment: {}, clock, logger, onKeysChanged: () => undefined });
  await registry.start();
  const accept = makeAccept({ newId: makeId, clock });
  // Each in a place of its own.
  const directory = `${configuration.record.directory}-${process.pid}`;
  const log = await openLedger({ configuration: { ...configuration.record, directory }, clock, logger, onStateChange: () => undefined });
  const describe = { labels, catalogueDigest: catalogue.digest, anonymousPerSecond: 1 };
  const pipeline = makePipeline({
    accept,
    authenticate: makeAuthenticate({ authenticators: makeAuthenticators(identity.issuers, registry, clock, logger) }),
    chain: makeChain({ issuers: identity.issuers, clock }),
    collect: makeCollect({ catalogue, contextOf: makeContext({ context, trustedProxies: listen.trustedProxies }), limits }),
    pinPolicy: () => policy,
    decide: makeDecide({ catalogue, clock }),
    enforce: makeEnforce({ catalogue }),
    inject: makeInject({
      vault: makeVault({ credentials: configuration.credentials, environment: {}, clock, logger }),
      ...{ catalogue, dialects, userAgent: 'regate' },
    }).inject,
    proxy: makeProxy({ catalogue, dialects, clock, logger }),
    record: without.includes('record') ? noRecord : makeRecord({ log, clock, ...describe, logger, metrics: makeMetrics() }),
    capture: openContent({ configuration: undefined, labels, log, newId: makeId, clock, logger, files: undefined }).capture,
    ...{ catalogue, maxAttempts: limits.maxAttempts, newId: makeId, clock, logger },
  });
  const tls = await makeServerTls(listen.tls, { clock, logger });
  const server = makeServer({ pipeline, arriveBroken: accept.arriveBroken, ...(tls === undefined ? {} : { tls: tls.current() }) });
  await listenOn(server, listen.host, 0);
  return { url: `https://localhost:${portOf(server)}` };
}

answerParent({ ...makeMeters(), start, stop: () => setImmediate(() => process.exit()) });
