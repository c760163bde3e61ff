import { isRefusal } from '../../gateway/errors.ts';
import { systemClock } from '../../gateway/observe/clock.ts';
import { buildInput } from '../../gateway/pipeline/decide/build-input.ts';
import { makeDecide, type Question } from '../../gateway/pipeline/decide/decide.ts';
import { stubPath } from '../engine/harness.ts';
import { sampleCatalogue } from '../engine/sample-catalogue.ts';
import { type DataSizeResult, measureDataSize } from './data-size.ts';
import { describeAnswer } from './opa-answer.ts';
import { type Asked, type OpaName, opaNames, openOpa } from './opa-sides.ts';
import { askThroughChain, openScene } from './scene.ts';
import { percentile, round } from './statistics.ts';
import { prepareWorkbench, type Workbench } from './workbench.ts';

export interface DecideRow {
  readonly by: 'regate' | OpaName;
  readonly policy: 'stub' | 'default';
  readonly verdict: 'allow' | 'deny';
  /**
   * Microseconds. Regate: the whole step, input built and written, evaluated, answer read, route resolved. OPA's server: input written, sent, the
   * response read and checked. OPA's library: input parsed, evaluated, the result as Go values.
   */
  readonly p50Us: number;
  readonly p99Us: number;
}

export interface DecideResult {
  readonly rows: readonly DecideRow[];
  /** What was not measured, and why. */
  readonly skipped: readonly { readonly by: OpaName; readonly why: string }[];
  readonly dataSize: DataSizeResult;
  readonly node: string;
  /** Wrong answers, and answers that are not everywhere the same. */
  readonly complaints: readonly string[];
  /** Each question was answered as expected, and by all with the same answer. */
  readonly sound: boolean;
}

type Row = Pick<DecideRow, 'policy' | 'verdict'>;
type Ask = (count: number) => Asked | Promise<Asked>;
type Measured = Pick<DecideResult, 'rows' | 'complaints'>;

const rounds = 20;

/** Time of the decide step, by itself on an otherwise idle thread, and what OPA takes for the same question to the same policies. */
export async function benchDecide({ quick }: { readonly quick: boolean }): Promise<DecideResult> {
  const bench = await prepareWorkbench();
  try {
    const count = quick ? 2000 : 20_000;
    const stub = await measureStub(bench, count);
    const { skipped, ...compared } = await measureDefault(bench, count);
    const dataSize = await measureDataSize(bench, count);
    const complaints = [...stub.complaints, ...compared.complaints];
    const rows = [...stub.rows, ...compared.rows];
    return { rows, skipped, dataSize, node: process.version, complaints, sound: complaints.length === 0 };
  } finally {
    await bench.clear(false);
  }
}

async function measureStub(bench: Workbench, count: number): Promise<Measured> {
  const { policy } = await openScene(bench, stubPath);
  const decide = makeDecide({ catalogue: sampleCatalogue, clock: systemClock });
  const ours = askOurs(decide, () => askThroughChain(policy, 'small', 'engineer'));
  return measure({ policy: 'stub', verdict: 'allow' }, new Map([['regate', ours]]), count);
}

async function measureDefault(bench: Workbench, count: number): Promise<Measured & Pick<DecideResult, 'skipped'>> {
  const { policy, configuration } = await openScene(bench);
  const decide = makeDecide({ catalogue: configuration.catalogue, clock: systemClock });
  const opa = await openOpa(configuration.catalogue, bench.folder);
  const sides = 'sides' in opa ? [...opa.sides] : [];
  try {
    const compare = (verdict: DecideRow['verdict'], model: string): Promise<Measured> => {
      const makeQuestion = () => askThroughChain(policy, model);
      const { accepted, chain, facts, attempt } = makeQuestion();
      const input = buildInput(accepted, chain, facts, attempt);
      const theirs = sides.map(([by, side]) => [by, (turns: number) => side.ask(input, turns)] as const);
      return measure(
        { policy: 'default', verdict },
        new Map<DecideRow['by'], Ask>([['regate', askOurs(decide, makeQuestion)], ...theirs]),
        count,
      );
    };
    const allow = await compare('allow', 'gpt-5-mini');
    const deny = await compare('deny', 'gpt-5.1');
    const skipped = 'missing' in opa ? opaNames.map((by) => ({ by, why: opa.missing })) : [];
    return { rows: [...allow.rows, ...deny.rows], complaints: [...allow.complaints, ...deny.complaints], skipped };
  } finally {
    for (const [, side] of sides) await side.stop();
  }
}

function askOurs(decide: ReturnType<typeof makeDecide>, makeQuestion: () => Question): Ask {
  return (count) => {
    const times: number[] = [];
    let first: boolean | undefined;
    let value: unknown;
    let differing = 0;
    for (let number = 0; number < count; number += 1) {
      const question = makeQuestion();
      const from = performance.now();
      const decision = decide(question);
      times.push((performance.now() - from) * 1000);
      if (isRefusal(decision)) throw new Error(`the policy gives no decision: ${decision.code}, ${decision.detail ?? ''}`);
      value ??= decision.answer;
      first ??= decision.answer.allow;
      if (decision.answer.allow !== first) differing += 1;
    }
    return { times, value, differing };
  };
}

/** Asks all in rounds that take turns, so that what else the machine does meets every one of them. */
async function measure({ policy, verdict }: Row, sides: ReadonlyMap<DecideRow['by'], Ask>, count: number): Promise<Measured> {
  const all = [...sides].map(([by, ask]) => ({ by, ask, times: [] as number[], answers: new Set<string>(), differing: 0 }));
  for (let number = -rounds; number < rounds; number += 1) {
    for (const side of all) {
      const { times, value, differing } = await side.ask(count / rounds);
      // The first rounds warm up.
      if (number >= 0) side.times.push(...times);
      side.answers.add(describeAnswer(value));
      side.differing += differing;
    }
  }
  const [wanted = ''] = all.flatMap(({ answers }) => [...answers]);
  const complaints = all.flatMap(({ by, answers, differing }) => [
    ...(differing === 0 ? [] : [`${by}, ${policy}, ${verdict}: ${differing} answers differ from the first`]),
    ...[...answers].filter((answer) => answer !== wanted).map((answer) => `${by}, ${policy}, ${verdict}: ${answer}, not ${wanted}`),
  ]);
  if (!wanted.startsWith(`{"allow":${verdict === 'allow'},`)) complaints.push(`${policy}, ${verdict}: ${wanted}`);
  const rows = all.map(({ by, times }) => ({
    by,
    policy,
    verdict,
    p50Us: round(percentile(times, 50)),
    p99Us: round(percentile(times, 99)),
  }));
  return { rows, complaints };
}
