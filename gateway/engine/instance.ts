import { createRequire } from 'node:module';
import { makeAnswerMemo } from './answer-memo.ts';
import type { Evaluation } from './builtins/builtin.ts';
import type { EncodedInput } from './encode-input.ts';
import { decodeText, type Guest, readGuest, readText, textLength } from './guest.ts';
import { type HostState, type Lent, makeImports } from './host.ts';
import { makeSteps, OutOfTime, type Steps } from './meter/steps.ts';
import { makeShelf } from './shelf.ts';

// The package's ESM face shows only its loaders; its CommonJS face also has the evaluator itself, which lets the imports be ours.
const { LoadedPolicy } = createRequire(import.meta.url)(
  '@open-policy-agent/opa-wasm',
) as typeof import('@open-policy-agent/opa-wasm', { with: { 'resolution-mode': 'require' }});

/** What reading one byte of the answer takes on the host's side, in steps. */
const stepsPerAnswerByte = 8;

/** Where the parsed data lie in the memory of every instance of a module. No evaluation writes there; admission makes sure. Bytes. */
export interface DataPlace {
  readonly start: number;
  readonly end: number;
  /** Address of the root. */
  readonly root: number;
  /** The first bytes of the data: an instance that starts on this memory uses their place for a moment. */
  readonly disturbed: Uint8Array;
}

/** One instance of a policy module. Whoever sees it throw must not use it again: what unwinds through the module leaves its stack damaged. */
export interface Instance {
  readonly memory: WebAssembly.Memory;
  readonly entrypoints: ReadonlySet<string>;
  /** Names of the built-ins that the module asks of its host. */
  readonly builtins: readonly string[];
  readonly place: DataPlace;
  readonly steps: Steps;
  /** Writes a value into the memory, where it stays until the next one is laid. */
  lay(input: EncodedInput): Laid;
  /**
   * Evaluates with a value that was laid last.
   * @param around JSON text of an object: the value is then its member `input`, in place of being the input itself
   * @returns `[{result}]`, or `[]` where the rule is undefined, as the module wrote it
   */
  evaluate(entrypoint: string, laid: Laid, evaluation: Evaluation, around?: string): unknown;
}

/** A value in the memory of an instance, parsed. Addresses. */
export interface Laid {
  readonly value: number;
  /** What lies from here on is an evaluation's own, and gone with the next one. */
  readonly end: number;
}

/**
 * Instantiates a module on a memory that nobody has used, and has it read the data.
 * @param data JSON text of `data`
 * @throws Breakage `policy.unavailable` for a module of another ABI; what WebAssembly or the module throws, as it is
 */
export function loadInstance(module: WebAssembly.Module, memory: WebAssembly.Memory, lent: Lent, data: Uint8Array<ArrayBuffer>): Instance {
  const started = startInstance(module, memory, lent);
  const { loaded, guest } = started;
  const start = loaded.baseHeapPtr as number;
  const used = guest.opa_heap_ptr_get();
  loaded.setData(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength));
  const end = loaded.dataHeapPtr as number;
  const disturbed = new Uint8Array(memory.buffer).slice(start, Math.min(used, end));
  return finish(started, memory, { start, end, root: loaded.dataAddr as number, disturbed });
}

/**
 * Instantiates a module on a memory that holds the data at their place: one that an instance of the same module is done with, or a copy. It costs
 * the same however large the data are.
 * @throws what WebAssembly or the module throws, as it is
 */
export function reviveInstance(module: WebAssembly.Module, memory: WebAssembly.Memory, lent: Lent, place: DataPlace): Instance {
  // Instantiation writes the initialised statics only; the others it expects to be zero, as in a memory that nobody has used.
  new Uint8Array(memory.buffer).fill(0, 0, place.start);
  const started = startInstance(module, memory, lent);
  const { loaded } = started;
  if (loaded.baseHeapPtr !== place.start) throw new Error('the module starts in another way than before');
  new Uint8Array(memory.buffer).set(place.disturbed, place.start);
  loaded.dataAddr = place.root;
  loaded.dataHeapPtr = place.end;
  return finish(started, memory, place);
}

interface Started {
  readonly loaded: InstanceType<typeof LoadedPolicy>;
  readonly guest: Guest;
  readonly state: HostState;
  readonly steps: Steps;
  readonly ids: Readonly<Record<string, number>>;
}

function startInstance(module: WebAssembly.Module, memory: WebAssembly.Memory, lent: Lent): Started {
  const state: HostState = { guest: undefined, steps: undefined, names: new Map(), evaluation: undefined };
  const wasm = new WebAssembly.Instance(module, makeImports(memory, lent, state));
  const { guest, minor } = readGuest(wasm);
  const steps = makeSteps(wasm.exports, lent);
  state.guest = guest;
  state.steps = steps;
  const ids = JSON.parse(readText(memory, guest.opa_json_dump(guest.builtins()))) as Record<string, number>;
  state.names = new Map(Object.entries(ids).map(([name, id]) => [id, name]));
  return { loaded: new LoadedPolicy({ module, instance: wasm }, memory, minor), guest, state, steps, ids };
}

const encoder = new TextEncoder();
/** Most inputs are small: these are written here, so that none needs an array of its own. */
const scratch = new Uint8Array(48 * 1024);

function encode(text: string): Uint8Array {
  // No UTF-16 unit takes more than three bytes.
  return text.length * 3 > scratch.length ? encoder.encode(text) : scratch.subarray(0, encoder.encodeInto(text, scratch).written);
}

function finish({ loaded, guest, state, steps, ids }: Started, memory: WebAssembly.Memory, place: DataPlace): Instance {
  const entrypoints = loaded.entrypoints as Record<string, number>;

  function parse(json: string): number {
    const bytes = encode(json);
    const address = guest.opa_malloc(bytes.length);
    // Only now: the allocation may have grown the memory, which detaches older views.
    new Uint8Array(memory.buffer).set(bytes, address);
    const value = guest.opa_value_parse(address, bytes.length);
    if (value === 0) throw new Error('the module does not read its input');
    return value;
  }

  const readAnswer = makeAnswerMemo();
  const shelf = makeShelf({ guest, start: place.end, parse });

  function wrap(laid: Laid, around: string): number {
    const object = parse(around);
    if (guest.opa_value_add_path(object, shelf.toInput(), laid.value) !== 0) throw new Error('the module does not take its input');
    return object;
  }

  /** What the module throws after its steps ran out, it throws for that. */
  function guard<T>(work: () => T): T {
    try {
      return work();
    } catch (cause) {
      throw steps.isOverdrawn() ? new OutOfTime('the evaluation has taken more steps than it may', { cause }) : cause;
    } finally {
      state.evaluation = undefined;
    }
  }

  return {
    memory,
    entrypoints: new Set(Object.keys(entrypoints)),
    builtins: Object.keys(ids),
    place,
    steps,

    lay: (input) => guard(() => shelf.lay(input)),

    // As `opa_eval` does it, but for where the input comes from.
    evaluate: (entrypoint, laid, evaluation, around) =>
      guard(() => {
        state.evaluation = evaluation;
        guest.opa_heap_ptr_set(laid.end);
        const input = around === undefined ? laid.value : wrap(laid, around);
        const context = guest.opa_eval_ctx_new();
        guest.opa_eval_ctx_set_input(context, input);
        guest.opa_eval_ctx_set_data(context, place.root);
        guest.opa_eval_ctx_set_entrypoint(context, entrypoints[entrypoint] ?? -1);
        if (guest.eval(context) !== 0) throw new Error('the module does not evaluate');
        const answer = guest.opa_json_dump(guest.opa_eval_ctx_get_result(context));
        // The answer is paid for before it is read: its length is the policy's to choose.
        const length = textLength(memory, answer);
        steps.spend(length * stepsPerAnswerByte);
        return readAnswer(decodeText(memory, answer, length));
      }),
  };
}
