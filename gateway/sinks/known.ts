type Known<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** Without the members that nobody knows: what is not known is absent, never null. */
export function known<T extends object>(value: T): Known<T> {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as Known<T>;
}
