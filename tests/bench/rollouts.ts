import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { makePolicy } from '../../gateway/composition/policy.ts';
import { systemClock } from '../../gateway/observe/clock.ts';
import type { PinnedPolicy } from '../../gateway/vocabulary/decision.ts';
import { changedStub, packBundle } from '../engine/harness.ts';
import { sampleCatalogue } from '../engine/sample-catalogue.ts';
import { makeBundleService, serve } from '../rollout/sources/bundle-server.ts';
import { makePolicyLoad, type Pause } from './policy-load.ts';
import { silent } from './scene.ts';
import { percentile, round } from './statistics.ts';

export interface RolloutsResult {
  readonly rollouts: number;
  readonly requests: number;
  readonly failed: number;
  /** Requests of which one part was decided by other bundles than the rest, or by two bundles that do not belong together. */
  readonly mixed: number;
  readonly rolloutMs: { readonly p50: number; readonly max: number };
  readonly longestPauseMs: { readonly quiet: Pause; readonly rolling: Pause };
  readonly targetMs: number;
  readonly message?: string;
  readonly node: string;
  readonly sound: boolean;
}

const answer = 'gateway/decision/answer';
const engineer = {
  version: 1,
  request: { path: '/v1' },
  identity: { principals: [{ roles: ['engineer'] }] },
  model: { resolved: 'large' },
  attempt: { number: 1, previous: [] },
};
/** The longest that one swap may hold up requests. */
const targetMs = 25;
const mostWaitMs = 30_000;

/** The rules of a rollout: engineers get the large model in every even one. */
function makeRules(rollout: number): Promise<Buffer> {
  const manifest = {
    revision: `r${rollout}`,
    roots: ['gateway', 'roles', 'stub', 'system'],
    wasm: [{ entrypoint: answer, module: '/policy.wasm' }],
  };
  const roles = { engineer: rollout % 2 === 0 ? ['small', 'large'] : ['small'] };
  return changedStub({ '/.manifest': JSON.stringify(manifest), '/data.json': JSON.stringify({ roles }) });
}

function makeWords(rollout: number, people: Readonly<Record<string, unknown>>): Promise<Buffer> {
  return packBundle([
    { name: '/.manifest', content: JSON.stringify({ revision: `w${rollout}`, roots: ['greeting', 'people'] }) },
    { name: '/data.json', content: JSON.stringify({ greeting: rollout, people }) },
  ]);
}

/** Whether one evaluation of each bundle's part gives what the revisions on the stamp say. */
function isWhole(policy: PinnedPolicy): boolean {
  const { rules, words } = policy.stamp.bundles ?? {};
  const rollout = Number(rules?.revision.slice(1));
  const { allow } = policy.evaluate(answer, engineer) as { allow: boolean };
  const { greeting } = policy.evaluate(answer, { request: { path: '/test/data' } }) as { greeting: number };
  return allow === (rollout % 2 === 0) && greeting === Number(words?.revision.slice(1));
}

/** Publishes new rules and new data again and again while decisions are asked for, and watches for how long the event loop stands still. */
export async function benchRollouts({ quick }: { readonly quick: boolean }): Promise<RolloutsResult> {
  const rollouts = quick ? 20 : 200;
  const people = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`p${index}`, { roles: ['engineer'] }]));
  const folder = await mkdtemp(join(tmpdir(), 'regate-bench-rollouts-'));
  const services = { rules: makeBundleService({ longPoll: true }), words: makeBundleService({ longPoll: true }) };
  const servers = { rules: await serve(services.rules.handler), words: await serve(services.words.handler) };
  const access = { otherHosts: [], deadlineSeconds: 30, maxBytes: 64 << 20, insecureHttp: true };
  const policy = makePolicy({
    policy: {
      bundles: (['rules', 'words'] as const).map((name) => ({
        name,
        source: { kind: 'http', url: `${servers[name].url}/bundles/${name}`, longPollSeconds: 60, access },
        poll: { minSeconds: 60, maxSeconds: 60 },
      })),
      store: { directory: join(folder, 'kept'), keep: 3, maxAgeSeconds: 3600 },
      maxMemoryBytes: 128 << 20,
      maxEvaluationMs: 50,
    },
    catalogue: sampleCatalogue,
    clock: systemClock,
    logger: silent,
  });
  const load = makePolicyLoad(policy.current, isWhole);
  const publish = async (rollout: number) => {
    const [rules, words] = await Promise.all([makeRules(rollout), makeWords(rollout, people)]);
    services.rules.publish(rules);
    services.words.publish(words);
  };
  const inForce = (rollout: number) => {
    const { rules, words } = policy.current()?.stamp.bundles ?? {};
    return rules?.revision === `r${rollout}` && words?.revision === `w${rollout}`;
  };
  try {
    await publish(0);
    await policy.start();
    load.start();
    await pause(1000);
    load.takePause();
    await pause(quick ? 1000 : 3000);
    const quiet = load.takePause();
    const times: number[] = [];
    let missed = 0;
    for (let rollout = 1; rollout <= rollouts; rollout += 1) {
      await publish(rollout);
      const from = performance.now();
      while (!inForce(rollout) && performance.now() - from < mostWaitMs) await pause(2);
      if (!inForce(rollout)) missed += 1;
      times.push(performance.now() - from);
    }
    const rolling = load.takePause();
    const { requests, failed, mixed } = await load.stop();
    const message = Object.values(policy.status().bundles).find((bundle) => bundle.message !== undefined)?.message;
    return {
      rollouts,
      requests,
      failed,
      mixed,
      rolloutMs: { p50: round(percentile(times, 50)), max: round(Math.max(...times)) },
      longestPauseMs: { quiet, rolling },
      targetMs,
      ...(message === undefined ? {} : { message }),
      node: process.version,
      sound: failed === 0 && mixed === 0 && missed === 0 && requests > 1000,
    };
  } finally {
    policy.stop();
    await Promise.all(Object.values(servers).map((server) => server.close()));
    await rm(folder, { recursive: true });
  }
}
