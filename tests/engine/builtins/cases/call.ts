/** One call: name of the built-in, and each operand as the text of a Rego value. Operands that are JSON may be of a wrong type. */
export type Call = readonly [name: string, operands: readonly string[]];

export const text = (value: unknown): string => JSON.stringify(value);

/** Every combination, one of each list. */
export function product<T>(...lists: readonly (readonly T[])[]): T[][] {
  return lists.reduce<T[][]>((rows, list) => rows.flatMap((row) => list.map((item) => [...row, item])), [[]]);
}
