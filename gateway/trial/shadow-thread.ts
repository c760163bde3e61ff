import { parentPort, workerData } from 'node:worker_threads';
import { admitBundles } from '../engine/admit.ts';
import type { CandidateBundle } from '../engine/prepare.ts';
import { Breakage } from '../errors.ts';
import { makeConsult } from '../pipeline/decide/consult.ts';
import { readAnswer } from '../pipeline/decide/read-answer.ts';
import type { Catalogue } from '../vocabulary/catalogue.ts';
import type { PolicyInput } from '../vocabulary/policy-input.ts';
import type { Verdict } from '../vocabulary/verdict.ts';

export interface ShadowData {
  readonly bundles: readonly CandidateBundle[];
  readonly catalogue: Catalogue;
  readonly maxMemoryBytes: number;
  readonly maxEvaluationMs: number;
}

/** One decision to be made again. */
export interface ShadowQuestion {
  /** JSON. */
  readonly input: string;
  readonly seed: string;
  readonly now: bigint;
}

/** Answers stand in the order of the questions. */
export type ShadowReply = { readonly ready: true } | { readonly refused: string } | { readonly verdicts: readonly Verdict[] };

// The body of the thread in which a candidate is asked what it would decide. Nobody waits for it, and what it does wrong stays here.
const { bundles, catalogue, maxMemoryBytes, maxEvaluationMs } = workerData as ShadowData;
const consult = makeConsult(catalogue);
const reply = (message: ShadowReply) => parentPort?.postMessage(message);

/** Failures are counted on the other side. */
function ignore(): void {}

try {
  const { policy } = await admitBundles(bundles, {
    ...{ catalogue, maxMemoryBytes, maxEvaluationMs },
    clock: { now: () => Date.now(), monotonic: () => performance.now() },
    logger: { error: ignore, warn: ignore, info: ignore, debug: ignore },
    checkAnswer: readAnswer,
  });
  parentPort?.on('message', (questions: readonly ShadowQuestion[]) =>
    reply({ verdicts: questions.map(({ input, seed, now }) => consult.ask(policy, JSON.parse(input) as PolicyInput, { seed, now })) }),
  );
  reply({ ready: true });
} catch (cause) {
  if (!(cause instanceof Breakage)) throw cause;
  reply({ refused: cause.message });
}
