import { createRequire } from 'node:module';
import type { Builtin, Evaluation } from './builtins/builtin.ts';
import { readGuest, readText } from './guest.ts';
import { type HostState, makeImports } from './host.ts';

// The package's ESM face shows only its loaders; its CommonJS face also has the evaluator itself, which lets the imports be ours.
const { LoadedPolicy } = createRequire(import.meta.url)(
  '@open-policy-agent/opa-wasm',
) as typeof import('@open-policy-agent/opa-wasm', { with: { 'resolution-mode': 'require' }});

/**
 * The memory of an instance at rest: statics, interned values and the parsed data. Written over a fresh instance of the same module, it saves
 * parsing the data again.
 */
export interface Image {
  readonly bytes: Uint8Array;
  /** Pages that the memory must have at least: the module remembers how much it owns. */
  readonly pages: number;
  readonly baseHeapPtr: number;
  readonly dataAddr: number;
  readonly dataHeapPtr: number;
}

/** One instance of a policy module. Whoever sees it throw must not use it again: what unwinds through the module leaves its stack damaged. */
export interface Instance {
  readonly memory: WebAssembly.Memory;
  readonly entrypoints: ReadonlySet<string>;
  /** Names of the built-ins that the module asks of its host. */
  readonly builtins: readonly string[];
  /** @param data JSON text of `data` */
  setData(data: Uint8Array<ArrayBuffer>): void;
  takeImage(): Image;
  /** @returns `[{result}]`, or `[]` where the rule is undefined, as the module wrote it */
  evaluate(entrypoint: string, input: ArrayBuffer, evaluation: Evaluation): unknown;
}

/**
 * Instantiates a module on a memory: a new one, or one that an instance of the same module is done with, when an image is given.
 * @throws Breakage `policy.unavailable` for a module of another ABI; what WebAssembly or the module throws, as it is
 */
export function makeInstance(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  builtins: ReadonlyMap<string, Builtin>,
  image?: Image,
): Instance {
  const state: HostState = { guest: undefined, names: new Map(), evaluation: undefined };
  // Instantiation writes the initialised statics only; the others it expects to be zero, as in a memory that nobody has used.
  if (image !== undefined) new Uint8Array(memory.buffer).fill(0, 0, image.baseHeapPtr);
  const wasm = new WebAssembly.Instance(module, makeImports(memory, builtins, state));
  const { guest, minor } = readGuest(wasm);
  state.guest = guest;
  const ids = JSON.parse(readText(memory, guest.opa_json_dump(guest.builtins()))) as Record<string, number>;
  state.names = new Map(Object.entries(ids).map(([name, id]) => [id, name]));
  const loaded = new LoadedPolicy({ module, instance: wasm }, memory, minor);
  if (image !== undefined) {
    new Uint8Array(memory.buffer).set(image.bytes);
    loaded.dataAddr = image.dataAddr;
    loaded.dataHeapPtr = image.dataHeapPtr;
  }

  return {
    memory,
    entrypoints: new Set(Object.keys(loaded.entrypoints as Record<string, number>)),
    builtins: Object.keys(ids),

    setData(data) {
      loaded.setData(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength));
    },

    takeImage() {
      return {
        bytes: new Uint8Array(memory.buffer).slice(0, loaded.dataHeapPtr as number),
        pages: memory.buffer.byteLength / 65536,
        baseHeapPtr: loaded.baseHeapPtr as number,
        dataAddr: loaded.dataAddr,
        dataHeapPtr: loaded.dataHeapPtr as number,
      };
    },

    evaluate(entrypoint, input, evaluation) {
      state.evaluation = evaluation;
      try {
        return loaded.evaluate(input, entrypoint) as unknown;
      } finally {
        state.evaluation = undefined;
      }
    },
  };
}
