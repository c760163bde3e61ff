import type { RegoValue } from '../rego-value.ts';
import { type Builtin, BuiltinError } from './builtin.ts';
import { isNumber, literalOf } from './decimal.ts';
import { limitText } from './limits.ts';
import { objectAt, stringAt } from './operands.ts';
import { compareStrings, sortedMembers } from './order.ts';

/** `json.marshal_with_options`: `pretty`, `indent` and `prefix`; the latter two make it pretty unless `pretty` says no. */
const marshalWithOptions: Builtin = (args) => {
  let [pretty, indent, prefix]: [boolean | undefined, string | undefined, string | undefined] = [undefined, undefined, undefined];
  for (const [key, option] of objectAt(args, 1)) {
    if (key === 'prefix') prefix = stringAt([option], 0);
    else if (key === 'indent') indent = stringAt([option], 0);
    else if (key === 'pretty' && typeof option === 'boolean') pretty = option;
    else throw new BuiltinError('operand 2 has an option that is unknown or of the wrong type');
  }
  const [value = null] = args;
  if (!(pretty ?? (indent !== undefined || prefix !== undefined))) return toJson(value);
  const writer = new Writer(prefix ?? '', indent ?? '\t');
  return (prefix ?? '') + writer.write(value, 0);
};

/** JSON as Go writes it: keys in order, sets as arrays in order, and no character that HTML gives a meaning. */
export function toJson(value: RegoValue): string {
  return new Writer(undefined, '').write(value, 0);
}

class Writer {
  readonly #prefix: string | undefined;
  readonly #indent: string;
  #length = 0;

  /** @param prefix of each line but the first; one line, unless given */
  constructor(prefix: string | undefined, indent: string) {
    this.#prefix = prefix;
    this.#indent = indent;
  }

  write(value: RegoValue, depth: number): string {
    if (typeof value === 'string') return this.#count(writeString(value));
    if (isNumber(value)) return this.#count(literalOf(value));
    if (value === null || typeof value === 'boolean') return String(value);
    if (value instanceof Map) return this.#object(value, depth);
    const members = value instanceof Set ? sortedMembers(value) : (value as readonly RegoValue[]);
    return this.#block(
      '[]',
      members.map((member) => this.write(member, depth + 1)),
      depth,
    );
  }

  #object(object: ReadonlyMap<RegoValue, RegoValue>, depth: number): string {
    const members = [...object]
      .map(([key, member]) => [typeof key === 'string' ? key : toJson(key), member] as const)
      .sort(([a], [b]) => compareStrings(a, b));
    const colon = this.#prefix === undefined ? ':' : ': ';
    return this.#block(
      '{}',
      members.map(([key, member]) => writeString(key) + colon + this.write(member, depth + 1)),
      depth,
    );
  }

  #block(brackets: string, members: readonly string[], depth: number): string {
    const [open = '', close = ''] = brackets;
    if (members.length === 0) return brackets;
    if (this.#prefix === undefined) return open + members.join(',') + close;
    const line = (level: number) => `\n${this.#prefix}${this.#indent.repeat(level)}`;
    this.#count(line(depth + 1), members.length);
    return open + members.map((member) => line(depth + 1) + member).join(',') + line(depth) + close;
  }

  #count(text: string, times = 1): string {
    this.#length += text.length * times;
    limitText(this.#length);
    return text;
  }
}

function writeString(text: string): string {
  return JSON.stringify(text.toWellFormed()).replaceAll(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

export const json: readonly (readonly [string, Builtin])[] = [['json.marshal_with_options', marshalWithOptions]];
