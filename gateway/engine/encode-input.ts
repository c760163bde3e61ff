import { Breakage } from '../errors.ts';
import { keepTextAwhile } from '../json/kept-text.ts';

/** Deeper input is refused: the module's parser recurses on a stack of 64 KiB. */
const maxDepth = 64;

export interface EncodedInput {
  readonly text: string;
  /** The text without its settled members. */
  readonly base: string;
  readonly settled: readonly SettledMember[];
  /** There is room for one level around it. */
  readonly shallow: boolean;
}

/** A member of an object that stays as it is, and comes again. */
export interface SettledMember {
  readonly name: string;
  readonly value: object;
  readonly text: string;
}

/**
 * Writes a value as the JSON that the module reads, in one pass. The module must never be given a text that it cannot parse: it would take that
 * for no input at all, and a policy that denies by rules would then find nothing to deny.
 *
 * Unpaired surrogates, which the module aborts on, become U+FFFD. Members that are `undefined` are left out.
 * @throws Breakage `policy.error` for what is not JSON, and for what is nested deeper than 64 levels
 */
export function encodeInput(input: unknown): EncodedInput {
  const known = isObject(input) && !Array.isArray(input) && !hasToJson(input) ? writeAround(input) : undefined;
  if (known !== undefined) {
    if (isSettled(input)) keepTextAwhile(input, known.text);
    return known;
  }
  let text: string | undefined;
  try {
    text = JSON.stringify(input);
    // JSON.stringify writes an unpaired surrogate as its escape, and no other character from that range.
    if (text?.includes(surrogate) === true) text = JSON.stringify(input, makeWellFormed);
  } catch (cause) {
    throw new Breakage('policy.error', 'the input cannot be written as JSON', { cause });
  }
  if (text === undefined) throw new Breakage('policy.error', 'there is no input');
  const shallow = !isObject(input) || !isDeeperThan(maxDepth - 1, input);
  if (!shallow && isDeeperThan(maxDepth, input)) throw new Breakage('policy.error', `the input is nested deeper than ${maxDepth} levels`);
  return { text, base: text, settled: [], shallow };
}

const surrogate = '\\ud';

/** What settled members were written as. `undefined` for one that needs the long way each time. */
const written = new WeakMap<object, string | undefined>();

/**
 * Writes an object around those of its members that are settled, whose text is kept. A caller's identity is half of an input, and the same at
 * each of its requests.
 * @returns `undefined` where no member is settled, or where anything needs the long way: unpaired surrogates, great depth, what is not JSON
 */
function writeAround(input: object): EncodedInput | undefined {
  const settled: SettledMember[] = [];
  let rest: Record<string, unknown> | undefined;
  let texts = '';
  for (const name of Object.keys(input)) {
    const value: unknown = (input as Readonly<Record<string, unknown>>)[name];
    if (!isSettled(value)) continue;
    const text = recall(value);
    if (text === undefined) return undefined;
    rest ??= { ...input };
    rest[name] = undefined;
    texts += `,${JSON.stringify(name)}:${text}`;
    settled.push({ name, value, text });
  }
  if (rest === undefined || isDeeperThan(maxDepth - 1, rest)) return undefined;
  const base = stringify(rest);
  if (base === undefined || base.includes(surrogate) || texts.includes(surrogate)) return undefined;
  const text = base === '{}' ? `{${texts.slice(1)}}` : `${base.slice(0, -1)}${texts}}`;
  return { text, base, settled, shallow: true };
}

function recall(member: object): string | undefined {
  if (written.has(member)) return written.get(member);
  const text = isDeeperThan(maxDepth - 2, member) ? undefined : stringify(member);
  const usable = text?.includes(surrogate) === true ? undefined : text;
  written.set(member, usable);
  return usable;
}

/** What cannot be written at all is for the long way to say. */
function stringify(value: object): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

/** Whether an object is its other members and, as its member `input`, a value that the module has already: the very same one. */
export function isAround(object: unknown, value: object): object is { readonly input: object } {
  return isObject(object) && !hasToJson(object) && (object as { readonly input?: unknown }).input === value;
}

/** A value that stays as it is: its owner has frozen it, and it does not write itself. */
export function isSettled(value: unknown): value is object {
  return isObject(value) && Object.isFrozen(value) && !hasToJson(value);
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

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
