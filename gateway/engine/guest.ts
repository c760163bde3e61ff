import { Breakage } from '../errors.ts';

/** The module's own functions that the engine calls, checked once so that nothing else needs to doubt them. Addresses and sizes are bytes. */
export interface Guest {
  readonly builtins: () => number;
  readonly opa_malloc: (size: number) => number;
  readonly opa_json_dump: (value: number) => number;
  readonly opa_value_dump: (value: number) => number;
  readonly opa_value_parse: (text: number, size: number) => number;
  readonly opa_value_add_path: (base: number, path: number, value: number) => number;
  readonly opa_eval_ctx_new: () => number;
  readonly opa_eval_ctx_set_input: (context: number, value: number) => void;
  readonly opa_eval_ctx_set_data: (context: number, value: number) => void;
  readonly opa_eval_ctx_set_entrypoint: (context: number, id: number) => void;
  readonly opa_eval_ctx_get_result: (context: number) => number;
  readonly eval: (context: number) => number;
  readonly opa_heap_ptr_get: () => number;
  readonly opa_heap_ptr_set: (address: number) => void;
}

const functions = [
  'builtins',
  'opa_malloc',
  'opa_json_dump',
  'opa_value_dump',
  'opa_value_parse',
  'opa_value_add_path',
  'opa_eval_ctx_new',
  'opa_eval_ctx_set_input',
  'opa_eval_ctx_set_data',
  'opa_eval_ctx_set_entrypoint',
  'opa_eval_ctx_get_result',
  'eval',
  'opa_heap_ptr_get',
  'opa_heap_ptr_set',
] as const;

/**
 * Checks that an instance speaks the ABI that the engine was written for: version 1, minor 2 or later (one call per evaluation).
 * @returns its functions, and the minor version
 * @throws Breakage `policy.unavailable`
 */
export function readGuest(instance: WebAssembly.Instance): { readonly guest: Guest; readonly minor: number } {
  const exports = instance.exports;
  const version = globalValue(exports['opa_wasm_abi_version']);
  const minor = globalValue(exports['opa_wasm_abi_minor_version']);
  if (version !== 1 || minor === undefined || minor < 2) {
    throw new Breakage('policy.unavailable', 'policy.wasm does not speak OPA ABI 1.2 or later; build it with a current OPA');
  }
  for (const name of functions) {
    if (typeof exports[name] !== 'function') throw new Breakage('policy.unavailable', `policy.wasm does not export ${name}`);
  }
  return { guest: exports as unknown as Guest, minor };
}

function globalValue(exported: unknown): number | undefined {
  return typeof exported === 'object' && exported !== null && 'value' in exported && typeof exported.value === 'number'
    ? exported.value
    : undefined;
}

const decoder = new TextDecoder('utf-8', { fatal: false });

/** Reads a NUL-terminated text. */
export function readText(memory: WebAssembly.Memory, address: number): string {
  return decodeText(memory, address, textLength(memory, address));
}

/** @param length bytes */
export function decodeText(memory: WebAssembly.Memory, address: number, length: number): string {
  return decoder.decode(new Uint8Array(memory.buffer, address, length));
}

/** Bytes of a NUL-terminated text. */
export function textLength(memory: WebAssembly.Memory, address: number): number {
  const end = new Uint8Array(memory.buffer).indexOf(0, address);
  return (end === -1 ? memory.buffer.byteLength : end) - address;
}
