import type { RegoValue } from '../rego-value.ts';

/** The next bytes of a random stream. */
export type RandomBytes = (length: number) => Uint8Array;

/** What one evaluation lends to the built-ins that it calls. */
export interface Evaluation {
  /** Nanoseconds since the epoch: the same at every call within one evaluation, and kept for the record of the decision. */
  readonly nowNs: () => bigint;
  /** Takes one line of `print`. */
  readonly print: (line: string) => void;
  /**
   * The value of a call that is not determined by its operands: made once per key within the evaluation, and kept for the record of the decision.
   * @param args the operands, as the record is to show them
   * @param make is given a random stream that the evaluation's seed, the built-in and the key determine, whatever else was drawn before
   */
  readonly recall: (builtin: string, key: string, args: readonly RegoValue[], make: (random: RandomBytes) => RegoValue) => RegoValue;
  /** A call without a value fails the evaluation: OPA's strict mode, for tests of policies. */
  readonly strict?: boolean;
}

/**
 * A built-in function on the host's side, with the meaning that OPA gives it. It is synchronous: a Promise fails the evaluation.
 * @param leftMs how long the evaluation may still take, for those that wait; without end, unless given
 * @returns the value, or `undefined` where OPA's own has none without failing, even in strict mode
 * @throws BuiltinError where OPA's own would fail: outside strict mode such a call is simply undefined
 * @throws BuiltinLimit where the call would make more than it may; that and anything else thrown fails the whole evaluation
 */
export type Builtin = (args: readonly RegoValue[], evaluation: Evaluation, leftMs?: () => number) => RegoValue | undefined;

/** The call has no value: an operand of the wrong type, or one that the function cannot take. */
export class BuiltinError extends Error {
  override readonly name = 'BuiltinError';
}
