import { Breakage } from '../errors.ts';
import type { Clock } from '../vocabulary/clock.ts';
import type { Circumstances } from '../vocabulary/decision.ts';
import type { Logger } from '../vocabulary/logger.ts';
import type { Builtin } from './builtins/builtin.ts';
import { encodeInput, isAround, isSettled } from './encode-input.ts';
import { makeEvaluation } from './evaluation.ts';
import { type Failures, makeFailures } from './failures.ts';
import type { Lent } from './host.ts';
import { type DataPlace, type Instance, type Laid, loadInstance, reviveInstance } from './instance.ts';
import { layOut, sliceBytes } from './lay-out.ts';
import { describeFault, translate } from './translate.ts';

const pageBytes = 65536;
/** Memory never shrinks. An instance that has grown by more than this is given up after its evaluation. */
const headroomBytes = 8 * 1024 * 1024;

/** A memory with parsed data at their place, not used by any instance. */
export interface LaidOutData {
  readonly memory: WebAssembly.Memory;
  readonly place: DataPlace;
}

export interface EvaluatorNeeds {
  readonly module: WebAssembly.Module;
  /** JSON text of `data`, to be parsed here and now, or data that a thread has parsed. */
  readonly data: Uint8Array<ArrayBuffer> | LaidOutData;
  readonly maxMemoryBytes: number;
  /** Only a metered module can be stopped in the middle of its work; of others this bounds the host's part. Without end, unless given. */
  readonly maxEvaluationMs?: number;
  /** Milliseconds of CPU that this thread has used. */
  readonly cpuMs?: () => number;
  readonly builtins: ReadonlyMap<string, Builtin>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly failures?: Failures;
  /** Is shown the text of every input that was written as a whole and evaluated without failing, and the value. */
  readonly witness?: (entrypoint: string, input: string, value: unknown) => void;
}

export interface Evaluator {
  readonly entrypoints: ReadonlySet<string>;
  readonly builtins: readonly string[];
  readonly place: DataPlace;
  /** How often an instance was given up: after a throw, and for its size. */
  readonly replaced: { readonly thrown: number; readonly grown: number };
  readonly failures: Failures;
  /** Bytes that the instance holds. */
  memoryBytes(): number;
  /** A copy of the parsed data. */
  readData(): Uint8Array<ArrayBuffer>;
  /** Steps that the last evaluation took. */
  stepsTaken(): number;
  /** @throws Breakage, see `PinnedPolicy.evaluate` */
  evaluate(entrypoint: string, input: unknown, circumstances?: Circumstances): unknown;
}

/**
 * Runs one policy module with one set of data, on one instance at a time. WebAssembly runs to its end without yielding, so one is enough.
 *
 * A throw out of the module, whoever causes it, leaves the module's stack pointer where it was: some hundred throws later every evaluation
 * fails. A caller could bring that about on purpose. So an instance that threw is never used again; the next evaluation gets a new one on the
 * same memory, where the data still are, so that this costs the same with much data as with little.
 * @throws Breakage `policy.unavailable` where the module cannot be instantiated or does not take the data
 */
export function makeEvaluator(needs: EvaluatorNeeds): Evaluator {
  const {
    module,
    builtins,
    clock,
    logger,
    failures = makeFailures(needs),
    maxEvaluationMs = Number.POSITIVE_INFINITY,
    cpuMs = threadCpuMs,
    witness,
  } = needs;
  const maximum = Math.floor(needs.maxMemoryBytes / pageBytes);
  const replaced = { thrown: 0, grown: 0 };
  const lend = { builtins, monotonic: () => clock.monotonic(), cpuMs, maxEvaluationMs };
  let instance: Instance | undefined = start(module, needs.data, lend, maximum);
  let { memory } = instance;
  const { place, entrypoints, builtins: asked } = instance;
  const restBytes = memory.buffer.byteLength;
  /** The input that lies in the memory of this instance. */
  let held: { readonly value: object; readonly laid: Laid } | undefined;
  let busy = false;
  let shrinking = false;
  let taken = 0;

  /** Moves the data to a memory of the size at rest. Much data are moved beside the evaluations that go on in the old one. */
  async function shrink(): Promise<void> {
    const source = memory;
    const dataBytes = () => new Uint8Array(source.buffer, place.start, place.end - place.start);
    shrinking = true;
    try {
      const fresh = new WebAssembly.Memory({ initial: restBytes / pageBytes, maximum });
      if (place.end - place.start <= sliceBytes) new Uint8Array(fresh.buffer).set(dataBytes(), place.start);
      else await layOut(dataBytes, place, fresh);
      memory = fresh;
      instance = undefined;
      held = undefined;
      replaced.grown += 1;
    } catch (cause) {
      logger.warn('The memory of the policy could not be given back; it will be tried again', { cause });
    } finally {
      shrinking = false;
    }
  }

  return {
    entrypoints,
    builtins: asked,
    place,
    replaced,
    failures,
    memoryBytes: () => memory.buffer.byteLength,
    readData: () => new Uint8Array(memory.buffer).slice(place.start, place.end),
    stepsTaken: () => taken,

    evaluate(entrypoint, input, circumstances) {
      if (!entrypoints.has(entrypoint)) {
        throw new Breakage('policy.unavailable', `the bundle has no entry point ${entrypoint}; name it when the bundle is built`);
      }
      if (busy) throw new Breakage('policy.error', 'an evaluation was started from within another');
      const kept = held !== undefined && isAround(input, held.value) ? held : undefined;
      const encoded = encodeInput(kept === undefined ? input : { ...(input as object), input: undefined });
      busy = true;
      try {
        instance ??= reviveInstance(module, memory, lend, place);
        instance.steps.begin();
        const laid = kept?.laid ?? instance.lay(encoded);
        // Only a frozen input is known again: its owner does not change it, so the same object is the same input.
        if (kept === undefined) held = encoded.shallow && isSettled(input) ? { value: input, laid } : undefined;
        const evaluation = makeEvaluation(clock, logger, circumstances);
        const value = readResult(instance.evaluate(entrypoint, laid, evaluation, kept === undefined ? undefined : encoded.text));
        taken = instance.steps.taken();
        if (kept === undefined) witness?.(entrypoint, encoded.text, value);
        return value;
      } catch (cause) {
        const breakage = translate(cause, entrypoint);
        instance = undefined;
        held = undefined;
        replaced.thrown += 1;
        failures.tell(breakage);
        throw breakage;
      } finally {
        busy = false;
        if (!shrinking && memory.buffer.byteLength > restBytes + headroomBytes) void shrink();
      }
    },
  };
}

/** Apart from what follows it, so that nothing holds on to the first memory once it has been given back. */
function start(module: WebAssembly.Module, data: EvaluatorNeeds['data'], lend: Lent, maximum: number): Instance {
  try {
    if (!(data instanceof Uint8Array)) return reviveInstance(module, data.memory, lend, data.place);
    // Parsed data take up to 17 times their text. Starting with room for them halves both the time and the memory that parsing takes.
    const initial = Math.min(5 + Math.ceil((data.byteLength * 16) / pageBytes), maximum);
    return loadInstance(module, new WebAssembly.Memory({ initial, maximum }), lend, data);
  } catch (cause) {
    if (cause instanceof Breakage) throw cause;
    throw new Breakage('policy.unavailable', `policy.wasm could not be started with its data: ${describeFault(cause)}`, { cause });
  }
}

function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
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
