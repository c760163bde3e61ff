import { Breakage } from '../errors.ts';

/** Deeper input is refused: the module's parser recurses on a stack of 64 KiB. */
const maxDepth = 64;
const encoder = new TextEncoder();

/**
 * Writes a value as the JSON that the module reads, in one pass. The module must never be given a text that it cannot parse: it would take that
 * for no input at all, and a policy that denies by rules would then find nothing to deny.
 *
 * Unpaired surrogates, which the module aborts on, become U+FFFD. Members that are `undefined` are left out.
 * @throws Breakage `policy.error` for what is not JSON, and for what is nested deeper than 64 levels
 */
export function encodeInput(input: unknown): ArrayBuffer {
  let text: string | undefined;
  try {
    text = JSON.stringify(input);
    // JSON.stringify writes an unpaired surrogate as its escape, and no other character from that range.
    if (text?.includes('\\ud') === true) text = JSON.stringify(input, makeWellFormed);
  } catch (cause) {
    throw new Breakage('policy.error', 'the input cannot be written as JSON', { cause });
  }
  if (text === undefined) throw new Breakage('policy.error', 'there is no input');
  if (isObject(input) && isDeeperThan(maxDepth, input))
    throw new Breakage('policy.error', `the input is nested deeper than ${maxDepth} levels`);
  const bytes = encoder.encode(text);
  // TextEncoder gives an array of its own, so its buffer holds these bytes and nothing else.
  return bytes.byteLength === bytes.buffer.byteLength ? bytes.buffer : bytes.slice().buffer;
}

/**
 * Whether an object may be given to the module as its other members and, as its member `input`, a value that the module has already: that member
 * is the very same value, and not too deep for its place.
 */
export function isAround(object: unknown, value: object): object is { readonly input: object } {
  if (!isObject(object) || (object as { readonly input?: unknown }).input !== value) return false;
  return !hasToJson(object) && !hasToJson(value) && !isDeeperThan(maxDepth - 1, value);
}

function makeWellFormed(_key: string, value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key.toWellFormed(), member]));
}

/** Walks the value and not its text: less than half the time. What a `toJSON` gives counts, as it does when the value is written. */
function isDeeperThan(levels: number, value: object): boolean {
  if (hasToJson(value)) {
    const given: unknown = value.toJSON();
    return isObject(given) && isDeeperThan(levels, given);
  }
  if (levels === 0) return true;
  if (Array.isArray(value)) {
    for (const member of value as readonly unknown[]) if (isObject(member) && isDeeperThan(levels - 1, member)) return true;
    return false;
  }
  for (const name in value) {
    const member = (value as Readonly<Record<string, unknown>>)[name];
    if (isObject(member) && isDeeperThan(levels - 1, member)) return true;
  }
  return false;
}

function hasToJson(value: object): value is { readonly toJSON: () => unknown } {
  return typeof (value as { readonly toJSON?: unknown }).toJSON === 'function';
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
