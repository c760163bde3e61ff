import { isRefusal } from '../../gateway/errors.ts';
import { systemClock } from '../../gateway/observe/clock.ts';
import { makeDecide, type Question } from '../../gateway/pipeline/decide/decide.ts';
import { stubPath } from '../engine/harness.ts';
import { sampleCatalogue } from '../engine/sample-catalogue.ts';
import { ask as askStub } from '../pipeline/decide/questions.ts';
import { type DataSizeResult, measureDataSize } from './data-size.ts';
import { ask, openScene } from './scene.ts';
import { percentile, round } from './statistics.ts';
import { prepareWorkbench, type Workbench } from './workbench.ts';

export interface DecideRow {
  readonly policy: 'stub' | 'default';
  readonly verdict: 'allow' | 'deny';
  /** Microseconds of the whole step: input built and written, evaluated, answer read, route resolved. */
  readonly p50Us: number;
  readonly p99Us: number;
}

export interface DecideResult {
  readonly rows: readonly DecideRow[];
  readonly dataSize: DataSizeResult;
  readonly node: string;
  /** Each question was answered as expected. */
  readonly sound: boolean;
}

/** Time of the decide step, by itself on an otherwise idle thread. */
export async function benchDecide({ quick }: { readonly quick: boolean }): Promise<DecideResult> {
  const bench = await prepareWorkbench();
  try {
    const count = quick ? 2000 : 20_000;
    const rows = [await measureStub(bench, count), ...(await measureDefault(bench, count))];
    const dataSize = await measureDataSize(bench, count);
    return { rows: rows.map(({ row }) => row), dataSize, node: process.version, sound: rows.every(({ wrong }) => wrong === 0) };
  } finally {
    await bench.clear(false);
  }
}

async function measureStub(bench: Workbench, count: number) {
  const { policy } = await openScene(bench, stubPath);
  return measure('stub', 'allow', makeDecide({ catalogue: sampleCatalogue, clock: systemClock }), () => askStub(policy), count);
}

async function measureDefault(bench: Workbench, count: number) {
  const { policy, configuration } = await openScene(bench);
  const decide = makeDecide({ catalogue: configuration.catalogue, clock: systemClock });
  return [
    measure('default', 'allow', decide, () => ask(policy, true), count),
    measure('default', 'deny', decide, () => ask(policy, false, 'gpt-5.1'), count),
  ];
}

function measure(
  policy: DecideRow['policy'],
  verdict: DecideRow['verdict'],
  decide: ReturnType<typeof makeDecide>,
  makeQuestion: () => Question,
  count: number,
): { readonly row: DecideRow; readonly wrong: number } {
  const times: number[] = [];
  let wrong = 0;
  for (let number = -count; number < count; number += 1) {
    const question = makeQuestion();
    const from = performance.now();
    const decision = decide(question);
    const spent = (performance.now() - from) * 1000;
    if (isRefusal(decision) || decision.answer.allow !== (verdict === 'allow')) wrong += 1;
    // The first half warms up.
    if (number >= 0) times.push(spent);
  }
  return { row: { policy, verdict, p50Us: round(percentile(times, 50)), p99Us: round(percentile(times, 99)) }, wrong };
}
