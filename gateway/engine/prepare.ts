import type { Verification } from '../bundle/verification.ts';
import type { VerifiedBundle } from '../bundle/verify-bundle.ts';
import { Breakage, BundleBreakage } from '../errors.ts';
import type { PolicyStamp } from '../vocabulary/decision.ts';
import { refusedBuiltins } from './builtins/refused.ts';
import { hostBuiltins } from './builtins/registry.ts';
import type { BackendData } from './catalogue-data.ts';
import { composeBundles } from './compose-bundles.ts';
import { type Case, MalformedCases, makeCorpus } from './corpus.ts';
import { type Evaluator, makeEvaluator } from './evaluator.ts';
import { startGoBuiltins } from './go-builtins/go-builtins.ts';
import type { DataPlace } from './instance.ts';
import { meterModule } from './meter/meter-module.ts';
import { type Bundle, type BundlePart, readPart } from './read-bundle.ts';

export const answerEntrypoint = 'gateway/decision/answer';

/** Of an answer's JSON, in UTF-16 units. The contract's own limits are narrower, yet are checked on the other side of the crossing. */
const mostAnswerLength = 1_000_000;

/** One bundle of a candidate, as it came. */
export interface CandidateBundle {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** The roots that the configuration grants it; any, where absent. */
  readonly roots?: readonly string[];
  /** What its signature is held against; where absent, none is looked at. */
  readonly verification?: Verification;
  /** The bundle that the toolchain made of it, where it brought only Rego. Digest and signature stay those of what came. */
  readonly compiled?: Uint8Array;
}

/** Everything here crosses to a thread and back. */
export interface Candidate {
  readonly bundles: readonly CandidateBundle[];
  readonly catalogue: Readonly<Record<string, BackendData>>;
  readonly maxMemoryBytes: number;
  readonly maxEvaluationMs: number;
  /** JSON texts of inputs that have really been asked of late. */
  readonly recent: readonly ArrayBuffer[];
}

/** A candidate that has answered every case. Whether the answers are well-formed in every part is not known yet. */
export interface Prepared {
  readonly stamp: PolicyStamp;
  /** By bundle, what was signed, where a signature was required. */
  readonly verified: ReadonlyMap<string, VerifiedBundle>;
  readonly module: WebAssembly.Module;
  readonly place: DataPlace;
  /** The parsed data, as they lie at their place. */
  readonly data: Uint8Array<ArrayBuffer>;
  readonly memoryPages: number;
  readonly builtins: readonly string[];
  readonly answers: readonly { readonly title: string; readonly value: object }[];
}

/**
 * Does everything with a new bundle that takes time: reads it, meters and compiles its module, has it parse its data, and puts the corpus to it.
 * Meant for a thread of its own.
 * @throws Breakage `policy.unavailable`; the message says what is wrong and what to do
 */
export async function prepare({ bundles, catalogue, maxMemoryBytes, maxEvaluationMs, recent }: Candidate): Promise<Prepared> {
  const parts = await Promise.all(bundles.map(read));
  const bundle = composeBundles(parts, new Map(bundles.flatMap(({ name, roots }) => (roots === undefined ? [] : [[name, roots]]))));
  const { data, cases } = divideData(bundle.data, catalogue);
  const corpus = readCorpus(cases, recent);
  const module = await compile(meterModule(bundle.wasm));
  const evaluator = makeEvaluator({
    module,
    data: new TextEncoder().encode(JSON.stringify(data)),
    builtins: hostBuiltins,
    maxMemoryBytes,
    maxEvaluationMs,
    clock: { now: () => Date.now(), monotonic: () => performance.now() },
    logger: { error: ignore, warn: ignore, info: ignore, debug: ignore },
  });
  const { place } = evaluator;
  const memoryPages = evaluator.memoryBytes() / 65_536;
  await checkParts(evaluator, bundle);

  const image = evaluator.readData();
  const answers = corpus.map((one) => ({ title: one.title, value: ask(evaluator, one) }));
  if (Buffer.compare(image, evaluator.readData()) !== 0)
    fail('its module writes to its data, so that one decision would depend on another');
  const verified = new Map(parts.flatMap((part) => (part.verified === undefined ? [] : [[part.name, part.verified]])));
  return { stamp: bundle.stamp, verified, module, place, data: image, memoryPages, builtins: evaluator.builtins, answers };
}

/** @throws BundleBreakage which says which one is to blame */
async function read({ name, bytes, verification, compiled }: CandidateBundle): Promise<BundlePart> {
  try {
    return await readPart(name, bytes, verification, compiled);
  } catch (cause) {
    if (!(cause instanceof Breakage) || cause instanceof BundleBreakage) throw cause;
    throw new BundleBreakage('admission', cause.message, { bundle: name, cause });
  }
}

/** What a candidate logs while it is tried is told by its failing, or does not matter. */
function ignore(): void {}

async function compile(wasm: Uint8Array): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(wasm);
  } catch (cause) {
    throw new Breakage('policy.unavailable', 'the bundle cannot be used: its policy.wasm cannot be metered', { cause });
  }
}

/**
 * Adds `data.regate.backends`. It is the gateway's own to say, so a bundle that brings one is refused, not overruled. Takes out
 * `data.regate.admission`, which no rule reads while it decides.
 */
function divideData(data: Bundle['data'], backends: Candidate['catalogue']): { readonly data: unknown; readonly cases: unknown } {
  const own = Object.hasOwn(data, 'regate') ? data['regate'] : {};
  if (typeof own !== 'object' || own === null || Array.isArray(own)) return fail('its data has a "regate" that is not an object');
  if (Object.hasOwn(own, 'backends')) return fail('its data holds regate.backends, which the gateway fills from its configuration');
  const { admission, ...rest } = own as { readonly admission?: unknown };
  if (admission === undefined) return { data: { ...data, regate: { ...rest, backends } }, cases: undefined };
  if (typeof admission !== 'object' || admission === null || !('cases' in admission))
    return fail('its data.regate.admission has no "cases"');
  return { data: { ...data, regate: { ...rest, backends } }, cases: admission.cases };
}

function readCorpus(own: unknown, recent: readonly ArrayBuffer[]): readonly Case[] {
  try {
    return makeCorpus(own, recent);
  } catch (cause) {
    if (!(cause instanceof MalformedCases)) throw cause;
    return fail(cause.message);
  }
}

/** A built-in that is missing would otherwise show only at the first request that reaches it. */
async function checkParts(evaluator: Evaluator, bundle: Bundle): Promise<void> {
  const missing = evaluator.builtins.filter((name) => !hostBuiltins.has(name));
  if (missing.length > 0) {
    const reasons = missing.map((name) => (refusedBuiltins.has(name) ? `; ${name}: ${refusedBuiltins.get(name)}` : ''));
    fail(
      `it calls built-ins that this gateway does not have: ${missing.join(', ')}; rewrite the rules, or build with "regate policy build", which finds them${reasons.join('')}`,
    );
  }
  await startGoBuiltins(evaluator.builtins);
  for (const name of new Set([answerEntrypoint, ...bundle.entrypoints])) {
    if (!evaluator.entrypoints.has(name)) fail(`it has no entry point ${name}; give the rule the METADATA line "entrypoint: true"`);
  }
}

function ask(evaluator: Evaluator, { title, input, allow }: Case): object {
  let answer: unknown;
  try {
    answer = evaluator.evaluate(answerEntrypoint, input);
  } catch (cause) {
    throw new Breakage('policy.unavailable', `the bundle cannot be used: ${title} fails: ${(cause as Error).message}`, { cause });
  }
  if (answer === undefined) return fail(`${answerEntrypoint} is undefined for ${title}; give it a default that denies`);
  if (typeof answer !== 'object' || answer === null || !('allow' in answer) || typeof answer.allow !== 'boolean') {
    return fail(`${answerEntrypoint} answers ${title} with something that is not an object with a boolean "allow"`);
  }
  if (JSON.stringify(answer).length > mostAnswerLength) return fail(`its answer to ${title} is longer than ${mostAnswerLength} characters`);
  if (allow !== undefined && answer.allow !== allow)
    return fail(`it ${answer.allow ? 'allows' : 'denies'} ${title}, against what the case says`);
  return answer;
}

function fail(why: string): never {
  throw new Breakage('policy.unavailable', `the bundle cannot be used: ${why}`);
}
