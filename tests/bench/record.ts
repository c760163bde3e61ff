import { openLedger } from '../../gateway/composition/ledger.ts';
import { isRefusal } from '../../gateway/errors.ts';
import { systemClock } from '../../gateway/observe/clock.ts';
import { makeMetrics } from '../../gateway/observe/metrics.ts';
import { makeDecide } from '../../gateway/pipeline/decide/decide.ts';
import { makeRecord } from '../../gateway/pipeline/record/record.ts';
import type { Delivered } from '../../gateway/vocabulary/delivered.ts';
import type { Story } from '../../gateway/vocabulary/story.ts';
import { countRecords } from './count-records.ts';
import { compareKept, type KeptSide } from './kept.ts';
import { ask, openScene, type Scene, silent } from './scene.ts';
import { median, percentile, round } from './statistics.ts';
import { prepareWorkbench, type Workbench } from './workbench.ts';

export interface RecordResult {
  /** Microseconds of CPU (user and system, all threads) per line; half of the lines are `decided`, masked and waited for. */
  readonly cpuUsPerLine: number;
  readonly linesPerSecond: number;
  /** Milliseconds that a request waits for the disk. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly concurrency: number;
  readonly lines: number;
  readonly node: string;
  /** The bare log beside winston's file transport, and what either had on disk after SIGKILL. */
  readonly kept: readonly KeptSide[];
  /** All lines are there, and the chain holds; ours kept all that it had said it had. */
  readonly sound: boolean;
}

const concurrency = 64;
export const delivered: Delivered = {
  outcome: 'completed',
  status: 200,
  upstreamStatus: 200,
  committed: true,
  bytesSent: 900,
  firstByteMs: 3,
  usage: { input_tokens: 180, output_tokens: 19 },
  modelAnswered: 'gpt-5-mini',
  finishReason: 'stop',
  upstreamRequestId: 'req_bench',
};

/** Cost of the durable record: mask, both lines, hash chain, write and fdatasync, with 64 requests at a time. Operational log not included. */
export async function benchRecord({ quick }: { readonly quick: boolean }): Promise<RecordResult> {
  const bench = await prepareWorkbench();
  try {
    const scene = await openScene(bench);
    const rounds = quick ? 3 : 9;
    const requests = quick ? 1000 : 4000;
    const measured = await measure(bench, scene, rounds, requests);
    const records = await countRecords(bench.decisions);
    const expected = (rounds + 2) * requests;
    const kept = await compareKept(bench.folder, quick);
    return {
      ...measured,
      kept,
      concurrency,
      lines: records.decided + records.delivered,
      node: process.version,
      sound:
        records.odd === 0 &&
        records.decided === expected &&
        records.delivered === expected &&
        kept.every(({ by, told, onDisk }) => by !== 'ours' || told === onDisk),
    };
  } finally {
    await bench.clear(false);
  }
}

async function measure(bench: Workbench, { configuration, policy }: Scene, rounds: number, requests: number) {
  // With checkpoints, as a gateway writes it.
  const log = await openLedger({
    configuration: { ...configuration.record, directory: bench.decisions },
    clock: systemClock,
    logger: silent,
    onStateChange: () => undefined,
  });
  const record = makeRecord({
    log,
    clock: systemClock,
    labels: configuration.labels,
    catalogueDigest: configuration.catalogue.digest,
    anonymousPerSecond: configuration.record.anonymousPerSecond,
    logger: silent,
    metrics: makeMetrics(),
  });
  const decide = makeDecide({ catalogue: configuration.catalogue, clock: systemClock });
  const waits: number[] = [];

  async function runRound(): Promise<{ readonly cpuUs: number; readonly perSecond: number }> {
    // Told beforehand, so that deciding is not measured.
    const stories = Array.from({ length: requests }, () => tellStory(decide, ask(policy, true)));
    const cpu = process.cpuUsage();
    const from = performance.now();
    await Promise.all(
      Array.from({ length: concurrency }, async () => {
        for (let story = stories.pop(); story !== undefined; story = stories.pop()) {
          const begun = performance.now();
          if ((await record.decided(story, policy)) !== undefined) throw new Error('the record is unavailable');
          waits.push(performance.now() - begun);
          await record.delivered(story, delivered, 1);
        }
      }),
    );
    const seconds = (performance.now() - from) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    return { cpuUs: (user + system) / (2 * requests), perSecond: (2 * requests) / seconds };
  }

  await runRound();
  await runRound();
  waits.length = 0;
  const taken = [];
  for (let number = 0; number < rounds; number += 1) taken.push(await runRound());
  await record.close();
  await log.close();
  return {
    cpuUsPerLine: round(median(taken.map(({ cpuUs }) => cpuUs))),
    linesPerSecond: round(median(taken.map(({ perSecond }) => perSecond)), 0),
    p50Ms: round(percentile(waits, 50), 2),
    p99Ms: round(percentile(waits, 99), 2),
  };
}

export function tellStory(decide: ReturnType<typeof makeDecide>, question: ReturnType<typeof ask>): Story {
  const decision = decide(question);
  if (isRefusal(decision) || decision.route === undefined) throw new Error('the default policies do not allow the question');
  const { accepted, chain, facts, attempt, decisionId } = question;
  return {
    arrival: accepted,
    decisionId,
    attempt,
    operation: accepted.operation,
    chain,
    request: { stream: facts.stream, sizeBytes: facts.sizeBytes, ignoredHeaders: facts.ignoredHeaders, model: 'gpt-5-mini' },
    decision,
    obligations: decision.answer.obligations.map(({ type }) => ({ type, outcome: 'discharged' as const })),
    route: decision.route,
    credential: { kind: 'credential', id: 'upstream', version: 'bench' },
  };
}
