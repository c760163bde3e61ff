import { Breakage } from '../../errors.ts';
import { type Builtin, BuiltinError, type Evaluation } from '../builtins/builtin.ts';
import { formatRegoValue, parseRegoValue, type RegoValue } from '../rego-value.ts';
import { type GoMachine, makeGoMachine } from './go-machine.ts';
import { goBuiltinNames } from './names.ts';
import { readGoModule } from './read-go-module.ts';
import { status } from './thread-data.ts';

/** Bytes of all operands of a call together. */
const maxRequestBytes = 1 << 20;
/** A call has this or what is left of the evaluation's time, whichever is less. */
const patienceMs = 250;
const maxMemoryBytes = 512 << 20;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Makes the built-ins of `names` out of a machine that answers them. */
export function makeGoBuiltins(machine: Pick<GoMachine, 'call'>, names: readonly string[]): readonly (readonly [string, Builtin])[] {
  return names.map((name) => [name, (args, evaluation, leftMs) => ask(machine, name, args, evaluation, leftMs?.())] as const);
}

/**
 * @throws BuiltinError where OPA's built-in fails: the call is undefined
 * @throws Error where it cannot be known what OPA would give; an undefined call could let a rule that denies pass by
 */
function ask(
  machine: Pick<GoMachine, 'call'>,
  name: string,
  args: readonly RegoValue[],
  evaluation: Evaluation,
  leftMs?: number,
): RegoValue {
  const request = encoder.encode(formatRegoValue([name, args, evaluation.nowNs()]));
  if (request.length > maxRequestBytes) throw new RangeError(`the operands are larger than ${maxRequestBytes} bytes`);
  const response = machine.call(request, leftMs);
  const text = decoder.decode(response.subarray(1));
  switch (response[0]) {
    case status.value:
      return parseRegoValue(text);
    case status.undefined:
      throw new BuiltinError(text);
    default:
      throw new Error(text);
  }
}

// One thread serves all revisions of all bundles: it keeps nothing of a call, and the built-ins that it answers are rare.
const machine = makeGoMachine({ readModule: () => readGoModule(), patienceMs, maxMemoryBytes, warmUp: true });

/** The built-ins that OPA's Go code answers. They fail every evaluation until `startGoBuiltins` is done. */
export const goBuiltins: readonly (readonly [string, Builtin])[] = makeGoBuiltins(machine, goBuiltinNames);

/**
 * Starts what answers these built-ins, if any of the names is one of them. To be awaited before a bundle that calls them may serve.
 * @throws Breakage `policy.unavailable`; the message names the built-ins and says what to do
 */
export async function startGoBuiltins(names: readonly string[]): Promise<void> {
  const called = names.filter((name) => goBuiltinNames.includes(name));
  if (called.length === 0) return;
  try {
    await machine.start();
  } catch (cause) {
    const why = cause instanceof Breakage ? cause.message : 'their module does not start';
    throw new Breakage('policy.unavailable', `${called.join(', ')} cannot be answered: ${why}`, { cause });
  }
}
