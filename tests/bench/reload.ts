import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { makePolicy } from '../../gateway/composition/policy.ts';
import { systemClock } from '../../gateway/observe/clock.ts';
import { sampleCatalogue } from '../engine/sample-catalogue.ts';
import { makeLargeBundle } from './large-bundle.ts';
import { makePolicyLoad, type Pause } from './policy-load.ts';
import { oneFile, silent } from './scene.ts';
import { percentile, round } from './statistics.ts';

export interface ReloadResult {
  readonly principals: number;
  readonly swaps: number;
  readonly requests: number;
  readonly failed: number;
  /** Requests of which one part was decided by another revision than the rest. */
  readonly mixed: number;
  /** From the new file to the new revision. */
  readonly swapMs: number;
  /** Milliseconds between two turns of the event loop under the load, at most. */
  readonly longestPauseMs: { readonly quiet: Pause; readonly reloading: Pause };
  readonly memoryMiB: number;
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

/** Swaps a bundle with 100,000 principals again and again while decisions are asked for, and watches for how long the event loop stands still. */
export async function benchReload({ quick }: { readonly quick: boolean }): Promise<ReloadResult> {
  const principals = 100_000;
  const swaps = quick ? 3 : 10;
  const folder = await mkdtemp(join(tmpdir(), 'regate-bench-reload-'));
  const bundle = join(folder, 'bundle.tar.gz');
  const bundles = await Promise.all(['even', 'odd'].map((revision) => makeLargeBundle(principals, revision, revision === 'even')));
  const deploy = async (swap: number) => {
    await writeFile(`${bundle}.new`, bundles[swap % 2] ?? Buffer.alloc(0));
    await rename(`${bundle}.new`, bundle);
  };
  const engine = makePolicy({
    policy: { bundles: [oneFile(bundle)], maxMemoryBytes: 128 << 20, maxEvaluationMs: 50 },
    catalogue: sampleCatalogue,
    clock: systemClock,
    logger: silent,
  });
  const load = makePolicyLoad(
    () => engine.current(),
    (policy) => (policy.evaluate(answer, engineer) as { allow: boolean }).allow === (policy.stamp.revision === 'even'),
  );
  try {
    await deploy(0);
    await engine.start();
    load.start();
    await pause(2000);
    load.takePause();
    await pause(quick ? 2000 : 5000);
    const quiet = load.takePause();
    const times: number[] = [];
    for (let swap = 1; swap <= swaps; swap += 1) {
      await deploy(swap);
      const from = performance.now();
      await engine.refresh();
      times.push(performance.now() - from);
    }
    const reloading = load.takePause();
    const { requests, failed, mixed } = await load.stop();
    const status = engine.status();
    const { activations } = status;
    const { message } = status.bundles['bundle'] ?? {};
    return {
      principals,
      swaps,
      requests,
      failed,
      mixed,
      swapMs: round(percentile(times, 50)),
      longestPauseMs: { quiet, reloading },
      ...(message === undefined ? {} : { message }),
      memoryMiB: round(process.memoryUsage.rss() / 2 ** 20),
      node: process.version,
      sound: failed === 0 && mixed === 0 && activations === swaps + 1 && requests > 1000,
    };
  } finally {
    engine.stop();
    await rm(folder, { recursive: true });
  }
}
