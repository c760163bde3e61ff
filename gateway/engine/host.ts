import { type Builtin, BuiltinError, type Evaluation } from './builtins/builtin.ts';
import { BuiltinLimit } from './builtins/limits.ts';
import { type Guest, readText } from './guest.ts';
import { tickCall } from './meter/meter-body.ts';
import { OutOfTime, type Steps, type StepsNeeds } from './meter/steps.ts';
import { formatRegoValue, parseRegoValue, type RegoValue } from './rego-value.ts';

/** The module gave up: a conflict, malformed input, no memory. The text is its own, with a position in the policy and nothing of the input. */
export class PolicyAbort extends Error {
  override readonly name = 'PolicyAbort';
}

/** A built-in broke, or was none of ours. Its cause may hold what it was called with. */
export class BuiltinFault extends Error {
  override readonly name = 'BuiltinFault';
  readonly builtin: string;

  constructor(builtin: string, cause: unknown) {
    super(`the built-in ${builtin} failed${cause instanceof BuiltinLimit ? `: ${cause.message}` : ''}`, { cause });
    this.builtin = builtin;
  }
}

/** What a call of a built-in takes, in steps: for the crossing, and for each byte that crosses, which the host reads or writes and works on. */
const stepsPerCall = 200;
const stepsPerByte = 20;

/** The same for the time that a call took, per millisecond: some built-ins do more work than their operands are long. */
const stepsPerMs = 2_000_000;

/** What the host lends to every instance. */
export interface Lent extends StepsNeeds {
  readonly builtins: ReadonlyMap<string, Builtin>;
  /** Milliseconds, for durations only. */
  readonly monotonic: () => number;
}

/** What the imports need and can only be told after the instance exists. */
export interface HostState {
  guest: Guest | undefined;
  steps: Steps | undefined;
  /** Built-in id → name, as the module numbers them. */
  names: ReadonlyMap<number, string>;
  evaluation: Evaluation | undefined;
}

/**
 * The host's half of OPA's WebAssembly ABI. Arguments and results cross as Rego values, and a built-in's ordinary failure is an undefined
 * result: both as in OPA's own Go host, so that a policy means the same here as under `opa eval`.
 */
export function makeImports(memory: WebAssembly.Memory, { builtins, monotonic }: Lent, state: HostState) {
  function call(id: number, ...addresses: number[]): number {
    const { guest, steps, evaluation } = state;
    const name = state.names.get(id) ?? `number ${id}`;
    const builtin = builtins.get(name);
    if (builtin === undefined || guest === undefined || steps === undefined || evaluation === undefined)
      throw new BuiltinFault(name, undefined);
    const read = (address: number): RegoValue => {
      const text = readText(memory, guest.opa_value_dump(address));
      steps.spend(text.length * stepsPerByte);
      return parseRegoValue(text);
    };
    try {
      steps.spend(stepsPerCall);
      const operands = addresses.map(read);
      const before = monotonic();
      const result = apply(builtin, operands, evaluation, steps);
      steps.spend((monotonic() - before) * stepsPerMs);
      return result === undefined ? 0 : writeValue(memory, guest, steps, result);
    } catch (cause) {
      // A trap of the module while it took or gave a value is its own.
      if (cause instanceof PolicyAbort || cause instanceof OutOfTime || cause instanceof WebAssembly.RuntimeError) throw cause;
      throw new BuiltinFault(name, cause);
    }
  }

  return {
    env: {
      memory,
      opa_abort: (address: number) => {
        throw new PolicyAbort(readText(memory, address));
      },
      opa_println: (address: number) => state.evaluation?.print(readText(memory, address)),
      opa_builtin0: (id: number, _context: number) => {
        if (id !== tickCall) return call(id);
        state.steps?.tick();
        return 0;
      },
      opa_builtin1: (id: number, _context: number, a: number) => call(id, a),
      opa_builtin2: (id: number, _context: number, a: number, b: number) => call(id, a, b),
      opa_builtin3: (id: number, _context: number, a: number, b: number, c: number) => call(id, a, b, c),
      opa_builtin4: (id: number, _context: number, a: number, b: number, c: number, d: number) => call(id, a, b, c, d),
    },
  };
}

function apply(builtin: Builtin, args: readonly RegoValue[], evaluation: Evaluation, steps: Steps): RegoValue | undefined {
  try {
    return builtin(args, evaluation, steps.leftMs);
  } catch (cause) {
    if (cause instanceof BuiltinError && evaluation.strict !== true) return undefined;
    throw cause;
  }
}

const encoder = new TextEncoder();

function writeValue(memory: WebAssembly.Memory, guest: Guest, steps: Steps, value: RegoValue): number {
  const bytes = encoder.encode(formatRegoValue(value));
  steps.spend(bytes.length * stepsPerByte);
  const address = guest.opa_malloc(bytes.length);
  // Only now: the allocation may have grown the memory, which detaches older views.
  new Uint8Array(memory.buffer).set(bytes, address);
  const parsed = guest.opa_value_parse(address, bytes.length);
  if (parsed === 0) throw new SyntaxError('the module does not read what the built-in gave');
  return parsed;
}
