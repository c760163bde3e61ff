import { Breakage } from '../errors.ts';
import type { Clock } from '../vocabulary/clock.ts';
import type { Circumstances } from '../vocabulary/decision.ts';
import type { Logger } from '../vocabulary/logger.ts';
import type { Builtin } from './builtins/builtin.ts';
import { encodeInput } from './encode-input.ts';
import { makeEvaluation } from './evaluation.ts';
import { BuiltinFault, PolicyAbort } from './host.ts';
import { type Image, type Instance, makeInstance } from './instance.ts';

const pageBytes = 65536;
/** Memory never shrinks. An instance that has grown by more than this over its image is given up after the evaluation. */
const headroomPages = 128;

export interface EvaluatorNeeds {
  readonly module: WebAssembly.Module;
  /** JSON text of `data`. */
  readonly data: Uint8Array<ArrayBuffer>;
  readonly maxMemoryBytes: number;
  readonly builtins: ReadonlyMap<string, Builtin>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface Evaluator {
  readonly entrypoints: ReadonlySet<string>;
  readonly builtins: readonly string[];
  /** How often an instance was given up: after a throw, and for its size. */
  readonly replaced: { readonly thrown: number; readonly grown: number };
  /** Bytes that the instance holds. */
  memoryBytes(): number;
  /** @throws Breakage, see `PinnedPolicy.evaluate` */
  evaluate(entrypoint: string, input: unknown, circumstances?: Circumstances): unknown;
}

/**
 * Runs one policy module with one set of data, on one instance at a time. WebAssembly runs to its end without yielding, so one is enough.
 *
 * A throw out of the module, whoever causes it, leaves the module's stack pointer where it was: some hundred throws later every evaluation
 * fails. A caller could bring that about on purpose. So an instance that threw is never used again; the next evaluation gets a new one, on the
 * same memory, from the image that was taken when the data had been read.
 * @throws Breakage `policy.unavailable` where the module cannot be instantiated or does not take the data
 */
export function makeEvaluator(needs: EvaluatorNeeds): Evaluator {
  const { module, builtins, clock, logger } = needs;
  const maximum = Math.floor(needs.maxMemoryBytes / pageBytes);
  const replaced = { thrown: 0, grown: 0 };
  const { first, image } = start(needs, maximum);
  let instance: Instance | undefined = first;
  let spare: WebAssembly.Memory | undefined;
  let busy = false;

  function ready(): Instance {
    if (instance !== undefined) return instance;
    const memory = spare ?? new WebAssembly.Memory({ initial: image.pages, maximum });
    spare = undefined;
    instance = makeInstance(module, memory, builtins, image);
    return instance;
  }

  function discard(): void {
    replaced.thrown += 1;
    if (instance !== undefined && !hasOutgrown(instance.memory)) spare = instance.memory;
    instance = undefined;
  }

  function hasOutgrown(memory: WebAssembly.Memory): boolean {
    return memory.buffer.byteLength / pageBytes > image.pages + headroomPages;
  }

  return {
    entrypoints: first.entrypoints,
    builtins: first.builtins,
    replaced,
    memoryBytes: () => instance?.memory.buffer.byteLength ?? 0,

    evaluate(entrypoint, input, circumstances) {
      if (!first.entrypoints.has(entrypoint)) {
        throw new Breakage('policy.unavailable', `the bundle has no entry point ${entrypoint}; name it when the bundle is built`);
      }
      if (busy) throw new Breakage('policy.error', 'an evaluation was started from within another');
      const json = encodeInput(input);
      busy = true;
      try {
        const result = readResult(ready().evaluate(entrypoint, json, makeEvaluation(clock, logger, circumstances)));
        if (instance !== undefined && hasOutgrown(instance.memory)) {
          replaced.grown += 1;
          instance = undefined;
        }
        return result;
      } catch (cause) {
        discard();
        const breakage = translate(cause, entrypoint);
        logger.warn('The policy failed on a request', { message: breakage.message });
        throw breakage;
      } finally {
        busy = false;
      }
    },
  };
}

/** Parsed data takes up to 17 times its text. Starting with room for it halves both the time and the memory that parsing takes. */
function start({ module, data, builtins }: EvaluatorNeeds, maximum: number): { first: Instance; image: Image } {
  const initial = Math.min(5 + Math.ceil((data.byteLength * 16) / pageBytes), maximum);
  try {
    const first = makeInstance(module, new WebAssembly.Memory({ initial, maximum }), builtins);
    first.setData(data);
    return { first, image: first.takeImage() };
  } catch (cause) {
    if (cause instanceof Breakage) throw cause;
    throw new Breakage('policy.unavailable', `policy.wasm could not be started with its data: ${describe(cause)}`, { cause });
  }
}

/** `[{result}]`, or `[]`. Anything else is not the module's to say. */
function readResult(set: unknown): unknown {
  if (Array.isArray(set)) {
    if (set.length === 0) return undefined;
    const [only] = set as unknown[];
    if (set.length === 1 && typeof only === 'object' && only !== null && 'result' in only) return only.result;
  }
  throw new Breakage('policy.error', 'the module gave no result set');
}

function translate(cause: unknown, entrypoint: string): Breakage {
  if (cause instanceof Breakage) return cause;
  return new Breakage('policy.error', `evaluating ${entrypoint} failed: ${describe(cause)}`, { cause });
}

/** What an operator needs and nothing of the input: the module's aborts name a place in the policy; other messages may quote what they choked on. */
function describe(cause: unknown): string {
  if (cause instanceof PolicyAbort) {
    return cause.message.endsWith('var assignment conflict')
      ? `${cause.message} (a complete rule has two values; let one win with else, or make it a set)`
      : cause.message.slice(0, 200);
  }
  if (cause instanceof BuiltinFault) return cause.message;
  if (cause instanceof WebAssembly.RuntimeError) return `the module trapped (${cause.message})`;
  if (cause instanceof RangeError) return 'out of memory or stack';
  if (cause instanceof SyntaxError) return 'the result is not JSON';
  return 'unexpected failure';
}
