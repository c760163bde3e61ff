import { readFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { admit } from '../../gateway/engine/admit.ts';
import { systemClock } from '../../gateway/observe/clock.ts';
import { makeDecide } from '../../gateway/pipeline/decide/decide.ts';
import { readAnswer } from '../../gateway/pipeline/decide/read-answer.ts';
import { stubPath } from '../engine/harness.ts';
import { sampleCatalogue } from '../engine/sample-catalogue.ts';
import { ask } from '../pipeline/decide/questions.ts';
import { silent } from './scene.ts';
import { round } from './statistics.ts';

export interface SoakResult {
  readonly minutes: number;
  /** Policy evaluations. Each decision is one. */
  readonly decisions: number;
  /** Of them, made to fail, or to grow the module's memory. */
  readonly failing: number;
  readonly swelling: number;
  readonly wrong: number;
  /** Memory at the end of each tenth, MiB: of the process, and what its own heap holds after a collection, where the process may ask for one. */
  readonly residentMiB: readonly number[];
  readonly heapMiB: readonly number[];
  /** Memory of the policy's instance at the end, MiB. */
  readonly instanceMiB: number;
  /** The last tenth over the third: what comes before is warming up. */
  readonly growth: number;
  readonly node: string;
  readonly sound: boolean;
}

export interface SoakOptions {
  /** For so long, unless a number of decisions is given. */
  readonly minutes: number;
  readonly evaluations?: number;
  readonly tell: (progress: string) => void;
}

/**
 * Decisions without a pause in between, with inputs of 1 KB to 1 MB; some fail and some grow the memory. Ten million decisions are a day of a busy
 * gateway.
 */
export async function benchSoak({ minutes, evaluations, tell }: SoakOptions): Promise<SoakResult> {
  const { policy, evaluator } = await admit(stubPath, readFileSync(stubPath), {
    catalogue: sampleCatalogue,
    maxMemoryBytes: 128 << 20,
    // Growing takes its time on a busy machine, and is to be seen through.
    maxEvaluationMs: 1000,
    clock: systemClock,
    logger: silent,
    checkAnswer: readAnswer,
  });
  const decide = makeDecide({ catalogue: sampleCatalogue, clock: systemClock });
  const counts = { decisions: 0, failing: 0, swelling: 0, wrong: 0 };
  const residentMiB: number[] = [];
  const heapMiB: number[] = [];

  function one(number: number): void {
    const plain = ask(policy, { model: number % 2 === 0 ? 'large' : 'claude' });
    const kind = number % 1000 === 1 ? 'swell' : number % 100 === 3 ? 'conflict' : undefined;
    const path = kind === undefined ? plain.accepted.path : `/test/${kind}`;
    // One in a hundred has 64 KB of tools, one in ten thousand 1 MB.
    const tools = number % 10_000 === 5 ? 16_000 : number % 100 === 7 ? 1000 : 3;
    const parameters = {
      other: [],
      tools: Array.from({ length: tools }, (_, index) => ({ type: 'function', name: `tool-number-${index}-of-${number}` })),
    };
    const answer = decide({ ...plain, accepted: { ...plain.accepted, path }, facts: { ...plain.facts, parameters } });
    counts.decisions += 1;
    if (kind === 'conflict') {
      counts.failing += 1;
      if (!('kind' in answer) || answer.code !== 'policy.error') counts.wrong += 1;
    } else if (kind === 'swell') {
      // Its message is longer than the contract allows.
      counts.swelling += 1;
      if (!('kind' in answer) || answer.code !== 'policy.malformed-answer') counts.wrong += 1;
    } else if ('kind' in answer || answer.answer.allow !== (number % 2 === 0)) {
      counts.wrong += 1;
    }
  }

  const from = performance.now();
  const done = (part: number) =>
    evaluations === undefined ? performance.now() - from >= (part * minutes * 60_000) / 10 : counts.decisions >= (part * evaluations) / 10;
  for (let part = 1; part <= 10; part += 1) {
    while (!done(part)) {
      for (let turns = 0; turns < 100; turns += 1) one(counts.decisions);
      await turn();
    }
    globalThis.gc?.();
    residentMiB.push(round(process.memoryUsage.rss() / 2 ** 20));
    heapMiB.push(round(process.memoryUsage().heapUsed / 2 ** 20));
    tell(`${part} of 10: ${counts.decisions} decisions, resident ${residentMiB.at(-1)} MiB, heap ${heapMiB.at(-1)} MiB`);
  }
  const growth = round((residentMiB.at(-1) ?? Number.NaN) / (residentMiB[2] ?? Number.NaN), 2);
  return {
    minutes: round((performance.now() - from) / 60_000),
    ...counts,
    residentMiB,
    heapMiB,
    instanceMiB: round(evaluator.memoryBytes() / 2 ** 20),
    growth,
    node: process.version,
    sound: counts.wrong === 0 && growth < 1.3,
  };
}
