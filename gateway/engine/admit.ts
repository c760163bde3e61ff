import { Breakage } from '../errors.ts';
import type { Catalogue } from '../vocabulary/catalogue.ts';
import type { Clock } from '../vocabulary/clock.ts';
import type { PinnedPolicy } from '../vocabulary/decision.ts';
import type { Logger } from '../vocabulary/logger.ts';
import { hostBuiltins } from './builtins/registry.ts';
import { catalogueData } from './catalogue-data.ts';
import { type Evaluator, makeEvaluator } from './evaluator.ts';
import { startGoBuiltins } from './go-builtins/go-builtins.ts';
import type { Bundle } from './read-bundle.ts';
import { sampleInput } from './sample-inputs.ts';

export const answerEntrypoint = 'gateway/decision/answer';

export interface AdmitNeeds {
  readonly catalogue: Catalogue;
  readonly maxMemoryBytes: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A revision that has passed every check, and the machine that runs it. */
export interface Admitted {
  readonly policy: PinnedPolicy;
  readonly evaluator: Evaluator;
}

/**
 * Checks a bundle before it may decide anything: that it compiles, that its data leaves the catalogue's place free, that the host has every
 * built-in it calls, that the entry points are there, and that it answers a sample request with an object. A built-in that is missing would
 * otherwise show only at the first request that reaches it.
 * @throws Breakage `policy.unavailable`; the message says what is wrong and what to do
 */
export async function admit(bundle: Bundle, needs: AdmitNeeds): Promise<Admitted> {
  const module = await compile(bundle.wasm);
  const data = new TextEncoder().encode(JSON.stringify(withCatalogue(bundle.data, needs.catalogue)));
  const evaluator = makeEvaluator({ module, data, builtins: hostBuiltins, ...needs });

  const missing = evaluator.builtins.filter((name) => !hostBuiltins.has(name));
  if (missing.length > 0) {
    fail(
      `it calls built-ins that this gateway does not have: ${missing.join(', ')}; rewrite the rules, or build with "regate policy build", which finds them`,
    );
  }
  await startGoBuiltins(evaluator.builtins);
  for (const name of new Set([answerEntrypoint, ...bundle.entrypoints])) {
    if (!evaluator.entrypoints.has(name)) fail(`it has no entry point ${name}; give the rule the METADATA line "entrypoint: true"`);
  }
  const answer = ask(evaluator);
  if (answer === undefined) fail(`${answerEntrypoint} is undefined for a sample request; give it a default that denies`);
  if (typeof answer !== 'object' || answer === null || !('allow' in answer) || typeof answer.allow !== 'boolean') {
    fail(`${answerEntrypoint} answers a sample request with something that is not an object with a boolean "allow"`);
  }
  return { policy: pin(bundle, evaluator), evaluator };
}

function pin({ stamp }: Bundle, evaluator: Evaluator): PinnedPolicy {
  return Object.freeze({
    stamp: Object.freeze(stamp),
    has: (entrypoint: string) => evaluator.entrypoints.has(entrypoint),
    evaluate: evaluator.evaluate,
  });
}

async function compile(wasm: Uint8Array): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(wasm);
  } catch (cause) {
    throw new Breakage('policy.unavailable', 'the bundle cannot be used: its policy.wasm is not a valid WebAssembly module', { cause });
  }
}

/** Adds `data.regate.backends`. It is the gateway's own to say, so a bundle that brings one is refused, not overruled. */
function withCatalogue(data: Bundle['data'], catalogue: Catalogue): unknown {
  const own = Object.hasOwn(data, 'regate') ? data['regate'] : {};
  if (typeof own !== 'object' || own === null || Array.isArray(own)) return fail('its data has a "regate" that is not an object');
  if (Object.hasOwn(own, 'backends')) return fail('its data holds regate.backends, which the gateway fills from its configuration');
  return { ...data, regate: { ...own, backends: catalogueData(catalogue) } };
}

function ask(evaluator: Evaluator): unknown {
  try {
    return evaluator.evaluate(answerEntrypoint, sampleInput);
  } catch (cause) {
    throw new Breakage('policy.unavailable', `the bundle cannot be used: a sample request fails: ${(cause as Error).message}`, { cause });
  }
}

function fail(why: string): never {
  throw new Breakage('policy.unavailable', `the bundle cannot be used: ${why}`);
}
