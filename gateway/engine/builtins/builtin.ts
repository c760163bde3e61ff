import type { RegoValue } from '../rego-value.ts';

/** What one evaluation lends to the built-ins that it calls. */
export interface Evaluation {
  /** Nanoseconds since the epoch: the same at every call within one evaluation. */
  readonly nowNs: () => bigint;
  /** Takes one line of `print`. */
  readonly print: (line: string) => void;
}

/**
 * A built-in function on the host's side, with the meaning that OPA gives it. It is synchronous: a Promise fails the evaluation.
 * @returns the value, or `undefined` where OPA's own would fail: outside strict mode such a call is simply undefined
 * @throws BuiltinError for the same; anything else thrown is a fault of the gateway and fails the whole evaluation
 */
export type Builtin = (args: readonly RegoValue[], evaluation: Evaluation) => RegoValue | undefined;

/** The call has no value: an operand of the wrong type, or one that the function cannot take. */
export class BuiltinError extends Error {
  override readonly name = 'BuiltinError';
}
