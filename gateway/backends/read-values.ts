/** A count that may be believed: a non-negative integer that JavaScript holds exactly. */
export function readCount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

const plainName = /^[\x21-\x7e]{1,256}$/;

/** A name that may stand in a record: printable ASCII without spaces, of bounded length. */
export function readName(value: unknown): string | undefined {
  return typeof value === 'string' && plainName.test(value) ? value : undefined;
}

/** A member of a parsed JSON value; `undefined` where there is none. */
export function readMember(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}

/** An object without the members that are `undefined`: an unknown part is absent. */
export function known<T extends object>(parts: { readonly [K in keyof T]: T[K] | undefined }): T {
  const result: Partial<T> = {};
  for (const key in parts) {
    const value = parts[key];
    if (value !== undefined) result[key] = value as T[typeof key];
  }
  return result as T;
}
