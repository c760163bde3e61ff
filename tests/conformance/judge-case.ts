import { hostBuiltins } from '../../gateway/engine/builtins/registry.ts';
import { makeEvaluator } from '../../gateway/engine/evaluator.ts';
import { makeGoBuiltins } from '../../gateway/engine/go-builtins/go-builtins.ts';
import { makeGoMachine } from '../../gateway/engine/go-builtins/go-machine.ts';
import { goBuiltinNames } from '../../gateway/engine/go-builtins/names.ts';
import { readGoModule } from '../../gateway/engine/go-builtins/read-go-module.ts';
import { meterModule } from '../../gateway/engine/meter/meter-module.ts';
import { formatRegoValue } from '../../gateway/engine/rego-value.ts';
import { Breakage } from '../../gateway/errors.ts';
import { isSame } from './compare-values.ts';
import type { Case } from './read-cases.ts';

/** What became of a case. `lacking`: the host does not have the built-ins that it names, so that a bundle that calls them would not load. */
export type Verdict =
  | { readonly kind: 'passed' }
  | { readonly kind: 'failed'; readonly why: string }
  | { readonly kind: 'lacking'; readonly builtins: readonly string[] }
  | { readonly kind: 'uncompilable'; readonly why: string };

const quiet = { error: () => undefined, warn: () => undefined, info: () => undefined, debug: () => undefined };
/** The machine of the Go built-ins with all the time in the world: what is tested is what they say, on however busy a machine. */
export const machine = makeGoMachine({ readModule: () => readGoModule(), patienceMs: 60_000, maxMemoryBytes: 512 << 20, warmUp: false });
const patient = makeGoBuiltins(machine, goBuiltinNames);

/** The query of a case gives its bindings to `conformance.text`: so sets and numbers of any size can be compared. */
const lent = new Map([...hostBuiltins, ...patient]).set('conformance.text', ([bindings]) => formatRegoValue(bindings ?? null));
const clock = { now: () => Date.now(), monotonic: () => performance.now() };

/** The ways in which OPA's compiled modules tell of a conflict. */
const conflicts = ['var assignment conflict', 'object insert conflict'];

/** Runs a case on the gateway's evaluator and compares, by the rules by which OPA tests its own WebAssembly host. */
export function judge(one: Case): Verdict {
  if (one.error !== undefined) return { kind: 'uncompilable', why: one.error };
  const evaluator = makeEvaluator({
    module: new WebAssembly.Module(meterModule(one.module)),
    data: new TextEncoder().encode(one.data),
    maxMemoryBytes: 256 << 20,
    maxEvaluationMs: 60_000,
    builtins: lent,
    clock,
    logger: quiet,
  });
  const builtins = evaluator.builtins.filter((name) => !lent.has(name));
  if (builtins.length > 0) return { kind: 'lacking', builtins };
  const input = settleMembers(one.input ?? {});
  const evaluate = (strict: boolean) => run(() => evaluator.evaluate('eval', input, { strict }));
  // In strict mode a host's built-in that fails does so aloud; those in the module know no strict mode. The host's one here is conformance.text.
  const failsAloud = wantsFailure(one) && one.strictError === true && evaluator.builtins.length > 1;
  // Twice: the second time the members of the input lie in the memory, as the first evaluation has left them.
  const why = compare(one, evaluate(false)) ?? compare(one, evaluate(false)) ?? (failsAloud ? compareStrict(evaluate(true)) : undefined);
  return why === undefined ? { kind: 'passed' } : { kind: 'failed', why };
}

/** Frozen members stay in the module's memory from one evaluation to the next. */
function settleMembers(input: unknown): unknown {
  if (typeof input !== 'object' || input === null) return input;
  for (const member of Object.values(input)) if (typeof member === 'object' && member !== null) Object.freeze(member);
  return input;
}

type Outcome = { readonly bindings: string } | { readonly thrown: string };

function run(evaluate: () => unknown): Outcome {
  try {
    const bindings = evaluate();
    // The query is a comprehension, which always has a value.
    return typeof bindings === 'string' ? { bindings } : { thrown: `not a text: ${JSON.stringify(bindings)}` };
  } catch (error) {
    if (!(error instanceof Breakage)) throw error;
    return { thrown: `${error.message}${error.cause instanceof Error ? ` (${describe(error.cause)})` : ''}` };
  }
}

function describe(error: Error): string {
  return `${error.message}${error.cause instanceof Error ? `: ${describe(error.cause)}` : ''}`;
}

function wantsFailure({ wantDefined, wantResult }: Case): boolean {
  return wantDefined === undefined && wantResult === undefined;
}

function compareStrict(outcome: Outcome): string | undefined {
  return 'thrown' in outcome ? undefined : `in strict mode: wanted an error, got ${outcome.bindings}`;
}

/** @returns what is wrong, or `undefined` */
function compare(one: Case, outcome: Outcome): string | undefined {
  const { wantDefined, wantResult, wantError, wantErrorCode } = one;
  if (wantsFailure(one) && one.strictError !== true) {
    if (!('thrown' in outcome)) return `wanted ${wantErrorCode ?? wantError ?? 'an error'}, got ${outcome.bindings}`;
    const isConflict = conflicts.some((words) => outcome.thrown.includes(words));
    return wantErrorCode === 'eval_conflict_error' && isConflict
      ? undefined
      : `wanted ${wantErrorCode ?? wantError}, got ${outcome.thrown}`;
  }
  if ('thrown' in outcome) return `threw: ${outcome.thrown}`;
  if (wantDefined !== undefined) return (outcome.bindings !== '[]') === wantDefined ? undefined : `got ${outcome.bindings}`;
  // A module has no strict mode: a failing built-in is undefined.
  const want = wantResult ?? '[]';
  return isSame(want, outcome.bindings, one.sortBindings === true) ? undefined : `wanted ${want}, got ${outcome.bindings}`;
}
