/** The policy's value is not an answer of version 1. The message names the place and never quotes the value: it may repeat what a caller sent. */
export class MalformedAnswer extends Error {
  override readonly name = 'MalformedAnswer';
}

export function malformed(at: string, expected: string): never {
  throw new MalformedAnswer(`${at} is not ${expected}`);
}

/** Codes are dotted and stable; `would-deny:` and the like may stand before them. */
const codePattern = /^[a-z][a-z0-9.:_-]*$/;

/**
 * An object with none but the known keys. An unknown key is something that the policy's author meant and the gateway does not do.
 * @throws MalformedAnswer, as do all readers here
 */
export function readObject(value: unknown, at: string, keys: ReadonlySet<string>): Readonly<Record<string, unknown>> {
  const object = readOpenObject(value, at);
  for (const key of Object.keys(object)) {
    if (!keys.has(key)) malformed(at, `an object with only the keys ${[...keys].join(', ')}`);
  }
  return object;
}

export function readOpenObject(value: unknown, at: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return malformed(at, 'an object');
  return value as Readonly<Record<string, unknown>>;
}

/** @param most how many members it may have */
export function readList<T>(value: unknown, at: string, most: number, read: (member: unknown, at: string) => T): readonly T[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.length > most) return malformed(at, `a list of at most ${most}`);
  return value.map((member: unknown, index) => read(member, `${at}[${index}]`));
}

/** Non-empty, at most `most` UTF-16 units. */
export function readText(value: unknown, at: string, most: number): string {
  if (typeof value !== 'string' || value === '' || value.length > most)
    return malformed(at, `a non-empty string of at most ${most} characters`);
  return value;
}

export function readCode(value: unknown, at: string): string {
  const code = readText(value, at, 128);
  return codePattern.test(code) ? code : malformed(at, 'a code (lower-case letters, digits and . : _ -)');
}

export function readBoolean(value: unknown, at: string): boolean {
  return typeof value === 'boolean' ? value : malformed(at, 'a boolean');
}

/** Leaves out what is absent, and reads what is there: `null` is there. */
export function optional<K extends string, T>(key: K, value: unknown, read: (value: unknown) => T): { readonly [key in K]?: T } {
  return value === undefined ? {} : ({ [key]: read(value) } as { readonly [key in K]?: T });
}
