/**
 * What one call of a built-in may make at most. OPA has no such limits: it runs where a query can be cancelled, this host where an evaluation
 * holds up every other. A call that would make more fails the evaluation; it is never cut short and never merely undefined, because a rule that
 * denies would then not hold.
 */
export const maxMembers = 65_536;
/** In UTF-16 code units. */
export const maxTextLength = 1_048_576;

/** A call would make more than it may. The message names the limit and nothing of the operands. */
export class BuiltinLimit extends Error {
  override readonly name = 'BuiltinLimit';
}

export function limitMembers(count: number | bigint): void {
  if (count > maxMembers) throw new BuiltinLimit(`it would give more than ${maxMembers} values`);
}

export function limitText(length: number): void {
  if (length > maxTextLength) throw new BuiltinLimit(`it would give a text of more than ${maxTextLength} characters`);
}
