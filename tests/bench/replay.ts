import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { unpackTar } from '../../gateway/bundle/unpack-tar.ts';
import { replayLog } from '../../gateway/cli/policy/replay/replay-log.ts';
import { openLedger } from '../../gateway/composition/ledger.ts';
import { findDefaultBundle } from '../../gateway/demo/demo.ts';
import { isRefusal } from '../../gateway/errors.ts';
import { systemClock } from '../../gateway/observe/clock.ts';
import { makeDecide } from '../../gateway/pipeline/decide/decide.ts';
import { makeRecord } from '../../gateway/pipeline/record/record.ts';
import type { Story } from '../../gateway/vocabulary/story.ts';
import { packBundle } from '../engine/harness.ts';
import { delivered } from './record.ts';
import { ask, openScene, type Scene, silent } from './scene.ts';
import { round } from './statistics.ts';
import { prepareWorkbench, type Workbench } from './workbench.ts';

export interface ReplayResult {
  readonly decisions: number;
  readonly threads: number;
  readonly seconds: number;
  readonly changed: number;
  /** Memory of the whole process at the end, MiB. */
  readonly residentMiB: number;
  readonly node: string;
  /** All were compared, and exactly those differ that the changed rule is about. */
  readonly sound: boolean;
}

/** Replays a log of the default policies against a candidate under which engineers need no managed device, on two threads. */
export async function benchReplay({ quick }: { readonly quick: boolean }): Promise<ReplayResult> {
  const decisions = quick ? 10_000 : 100_000;
  const threads = 2;
  const bench = await prepareWorkbench();
  try {
    const scene = await openScene(bench);
    const affected = await writeLog(bench, scene, decisions);
    const { maxMemoryBytes } = scene.configuration.policy;
    const from = performance.now();
    const { tally } = await replayLog({
      ...{ directory: bench.decisions, threads, maxMemoryBytes },
      // A busy machine is not what is measured.
      maxEvaluationMs: 1000,
      bundles: [{ name: 'candidate', bytes: await loosen() }],
      catalogue: scene.configuration.catalogue,
      since: Number.NEGATIVE_INFINITY,
      until: Number.POSITIVE_INFINITY,
      progress: () => undefined,
    });
    const seconds = round((performance.now() - from) / 1000, 1);
    return {
      ...{ decisions, threads, seconds },
      changed: tally.changed,
      residentMiB: round(process.memoryUsage.rss() / 2 ** 20),
      node: process.version,
      sound: tally.compared === decisions && tally.changed === affected && tally.by_change['deny-to-allow'] === affected,
    };
  } finally {
    await bench.clear(false);
  }
}

/** @returns how many of them the candidate is to decide otherwise */
async function writeLog(bench: Workbench, { configuration, policy }: Scene, decisions: number): Promise<number> {
  const log = await openLedger({
    configuration: { ...configuration.record, directory: bench.decisions },
    clock: systemClock,
    logger: silent,
    onStateChange: () => undefined,
  });
  const { labels, catalogue } = configuration;
  const record = makeRecord({ log, clock: systemClock, labels, catalogueDigest: catalogue.digest, anonymousPerSecond: 9, logger: silent });
  const decide = makeDecide({ catalogue, clock: systemClock });
  let affected = 0;
  let waiting: Promise<unknown>[] = [];
  for (let number = 0; number < decisions; number += 1) {
    const isOwnDevice = number % 10 === 3;
    const question = ask(policy, !isOwnDevice, number % 2 === 0 ? 'gpt-5-mini' : 'gpt-5.1');
    const decision = decide(question);
    if (isRefusal(decision)) throw new Error(`the default policies fail: ${decision.detail}`);
    if (!decision.answer.allow) affected += 1;
    const { accepted, chain, attempt, decisionId } = question;
    const story: Story = {
      ...{ arrival: accepted, decisionId, attempt, operation: accepted.operation, chain, decision },
      request: { stream: false, sizeBytes: 780, ignoredHeaders: [], model: 'gpt-5' },
      ...(decision.answer.allow ? {} : { refusal: { kind: 'refusal', code: 'policy.denied', reasons: decision.answer.reasons } as const }),
    };
    waiting.push(record.decided(story, policy).then(() => record.delivered(story, delivered, 1)));
    if (waiting.length < 256) continue;
    await Promise.all(waiting);
    waiting = [];
  }
  await Promise.all(waiting);
  await record.close();
  await log.close();
  return affected;
}

/** The default bundle with other roles, and without the cases that would keep it out for them. */
async function loosen(): Promise<Buffer> {
  const files = new Map(await unpackTar(gunzipSync(readFileSync(findDefaultBundle()))));
  const data = JSON.parse(Buffer.from(files.get('data.json') ?? []).toString('utf8')) as {
    regate: { admission: unknown };
    roles: { engineer: { models: object } };
  };
  data.regate.admission = { cases: {} };
  data.roles.engineer.models = { frontier: ['person'], small: [], embedding: [] };
  files.set('data.json', Buffer.from(JSON.stringify(data)));
  return packBundle([...files].map(([name, content]) => ({ name: `/${name}`, content })));
}
