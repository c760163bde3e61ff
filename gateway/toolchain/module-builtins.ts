import { Breakage } from '../errors.ts';

/**
 * Asks a compiled policy module which built-ins it calls in its host. The module itself is the only one that knows for certain: a bundle's Rego
 * lacks the rules that were compiled. (OPA's WebAssembly ABI: the exports `builtins`, `opa_json_dump`, `memory`.)
 *
 * @throws Breakage where it is not a policy module
 */
export async function moduleBuiltins(wasm: Uint8Array): Promise<readonly string[]> {
  try {
    const memory = new WebAssembly.Memory({ initial: 5 });
    const refuse = () => {
      throw new Error('a policy module is only asked, not run');
    };
    const calls = ['opa_abort', 'opa_println', ...[0, 1, 2, 3, 4].map((arity) => `opa_builtin${arity}`)];
    const env = { memory, ...Object.fromEntries(calls.map((name) => [name, refuse])) };
    const { exports } = new WebAssembly.Instance(await WebAssembly.compile(wasm), { env });
    const { builtins, opa_json_dump: dump } = exports as { builtins: () => number; opa_json_dump: (value: number) => number };
    const start = dump(builtins());
    const bytes = new Uint8Array(memory.buffer);
    const text = new TextDecoder().decode(bytes.subarray(start, bytes.indexOf(0, start)));
    return Object.keys(JSON.parse(text) as object).sort();
  } catch (cause) {
    throw new Breakage('gateway.error', 'The policy.wasm in the bundle is not a policy module of OPA.', { cause });
  }
}
