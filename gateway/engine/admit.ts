import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { VerifiedBundle } from '../bundle/verify-bundle.ts';
import { Breakage, BundleBreakage } from '../errors.ts';
import type { Catalogue } from '../vocabulary/catalogue.ts';
import type { Clock } from '../vocabulary/clock.ts';
import type { PinnedPolicy } from '../vocabulary/decision.ts';
import type { Logger } from '../vocabulary/logger.ts';
import { hostBuiltins } from './builtins/registry.ts';
import { catalogueData } from './catalogue-data.ts';
import { type Evaluator, makeEvaluator } from './evaluator.ts';
import type { Failures } from './failures.ts';
import { startGoBuiltins } from './go-builtins/go-builtins.ts';
import { layOut } from './lay-out.ts';
import { answerEntrypoint, type Candidate, type CandidateBundle, type Prepared } from './prepare.ts';
import type { ThreadAnswer } from './prepare-thread.ts';
import { nameBundle } from './read-bundle.ts';
import type { RecentInputs } from './recent-inputs.ts';

/** The largest bundles take seconds. */
const patienceMs = 120_000;

export interface AdmitNeeds {
  readonly catalogue: Catalogue;
  readonly maxMemoryBytes: number;
  readonly maxEvaluationMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Throws an Error, with a message for operators, where an answer is not one that the gateway would believe. */
  readonly checkAnswer: (answer: unknown) => unknown;
  readonly failures?: Failures;
  /** What has really been asked of late; the candidate must answer it, and adds to it when it is active. */
  readonly recent?: RecentInputs;
}

/** A revision that has passed every check, and the machine that runs it. */
export interface Admitted {
  readonly policy: PinnedPolicy;
  /** By bundle, what was signed, where a signature was required. */
  readonly verified: ReadonlyMap<string, VerifiedBundle>;
  readonly evaluator: Evaluator;
}

/** As {@link admitBundles}, of one bundle. @param path for the bundle's name */
export function admit(path: string, bytes: Uint8Array, needs: AdmitNeeds): Promise<Admitted> {
  return admitBundles([{ name: nameBundle(path), bytes }], needs);
}

/**
 * Checks bundles before they may decide anything: that each is whole and keeps to its roots, that the module can be metered and calls only built-ins
 * that the host has, that the entry points are there, and that it answers a corpus of requests, within the budget, with what the gateway would
 * believe. All of it happens in a thread; what is left to do here is done in slices, so that requests are served meanwhile.
 * @throws Breakage `policy.unavailable`, a BundleBreakage where one bundle or a kind of failure can be named; the message says what is wrong
 */
export async function admitBundles(bundles: readonly CandidateBundle[], needs: AdmitNeeds): Promise<Admitted> {
  const { catalogue, maxMemoryBytes, maxEvaluationMs, recent } = needs;
  const prepared = await prepareInThread({
    bundles,
    catalogue: catalogueData(catalogue),
    maxMemoryBytes,
    maxEvaluationMs,
    recent: recent?.all() ?? [],
  });
  for (const { title, value } of prepared.answers) checkAnswer(title, value, needs);
  await startGoBuiltins(prepared.builtins);
  const memory = new WebAssembly.Memory({ initial: prepared.memoryPages, maximum: Math.floor(maxMemoryBytes / 65_536) });
  await layOut(() => prepared.data, prepared.place, memory);
  const { failures, clock, logger } = needs;
  const evaluator = makeEvaluator({
    module: prepared.module,
    data: { memory, place: prepared.place },
    builtins: hostBuiltins,
    maxMemoryBytes,
    maxEvaluationMs,
    clock,
    logger,
    ...(failures === undefined ? {} : { failures }),
    ...(recent === undefined ? {} : { witness: keepAnswered(recent, needs.checkAnswer) }),
  });
  return { policy: pin(prepared, evaluator), verified: prepared.verified, evaluator };
}

/** Only what was answered well: a new revision is not to be held to what the old one failed on. */
function keepAnswered(recent: RecentInputs, checkAnswer: AdmitNeeds['checkAnswer']) {
  return (entrypoint: string, input: string, value: unknown): void => {
    if (entrypoint === answerEntrypoint) recent.offer(input, () => isBelieved(value, checkAnswer));
  };
}

function isBelieved(answer: unknown, checkAnswer: AdmitNeeds['checkAnswer']): boolean {
  try {
    checkAnswer(answer);
    return true;
  } catch {
    // Why not is told where the request is refused.
    return false;
  }
}

function pin({ stamp }: Prepared, evaluator: Evaluator): PinnedPolicy {
  return Object.freeze({
    stamp: Object.freeze(stamp),
    has: (entrypoint: string) => evaluator.entrypoints.has(entrypoint),
    evaluate: evaluator.evaluate,
  });
}

function checkAnswer(title: string, answer: unknown, needs: AdmitNeeds): void {
  try {
    needs.checkAnswer(answer);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : 'it is malformed';
    throw new BundleBreakage('admission', `the bundle cannot be used: its answer to ${title} would not be believed: ${why}`, { cause });
  }
}

async function prepareInThread(candidate: Candidate): Promise<Prepared> {
  const { promise, resolve, reject } = Promise.withResolvers<ThreadAnswer>();
  const fail = (why: string, cause?: unknown) => reject(new Breakage('policy.unavailable', `the bundle cannot be used: ${why}`, { cause }));
  const thread = new Worker(new URL(`./prepare-thread${extname(import.meta.filename)}`, import.meta.url), {
    workerData: candidate,
    // It needs none of the gateway's secrets.
    env: {},
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  thread.once('message', resolve);
  thread.once('error', (cause) => fail('preparing it broke off', cause));
  thread.once('exit', () => fail('preparing it ended early'));
  const timer = setTimeout(() => fail(`preparing it took longer than ${patienceMs / 1000} seconds`), patienceMs);
  try {
    const answer = await promise;
    if ('refused' in answer) throw new BundleBreakage(answer.refused.kind, answer.refused.message, { bundle: answer.refused.bundle });
    return answer.prepared;
  } finally {
    clearTimeout(timer);
    await thread.terminate();
  }
}
