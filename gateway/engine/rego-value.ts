/**
 * A Rego value on the host's side. Sets and objects with keys that are not strings survive, and so do integers beyond 2^53: JSON would lose all
 * three. Objects are Maps, so a key such as `__proto__` is only a key.
 */
export type RegoValue =
  | null
  | boolean
  | string
  | number
  | bigint
  | Decimal
  | readonly RegoValue[]
  | ReadonlySet<RegoValue>
  | ReadonlyMap<RegoValue, RegoValue>;

/** A number that neither a safe integer nor a bigint holds exactly, as its literal. */
export class Decimal {
  readonly literal: string;

  constructor(literal: string) {
    this.literal = literal;
  }
}

/**
 * Reads the text of a Rego value as the module's `opa_value_dump` writes it: JSON, plus `{1, 2}`, `set()` and keys of any type.
 * @throws SyntaxError on anything else
 */
export function parseRegoValue(text: string): RegoValue {
  return new Reader(text).whole();
}

const stringLiteral = /"(?:[^"\\]|\\.)*"/sy;
const numberLiteral = /-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
const words: readonly (readonly [string, () => RegoValue])[] = [
  ['null', () => null],
  ['true', () => true],
  ['false', () => false],
  ['set()', () => new Set()],
];

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): RegoValue {
    const value = this.#value();
    if (this.#at !== this.#text.length) this.#fail();
    return value;
  }

  #value(): RegoValue {
    switch (this.#text[this.#at]) {
      case '"':
        return JSON.parse(this.#match(stringLiteral)) as string;
      case '[':
        this.#at += 1;
        return this.#until(']');
      case '{':
        this.#at += 1;
        return this.#braces();
      default: {
        for (const [word, make] of words) {
          if (this.#text.startsWith(word, this.#at)) {
            this.#at += word.length;
            return make();
          }
        }
        return toNumber(this.#match(numberLiteral));
      }
    }
  }

  /** `{}` is the empty object; the empty set is `set()`. The first separator tells an object from a set. */
  #braces(): RegoValue {
    if (this.#take('}')) return new Map();
    const first = this.#value();
    if (!this.#take(':')) {
      if (this.#take('}')) return new Set([first]);
      this.#expect(',');
      return new Set([first, ...this.#until('}')]);
    }
    const object = new Map<RegoValue, RegoValue>([[first, this.#value()]]);
    while (!this.#take('}')) {
      this.#expect(',');
      const key = this.#value();
      this.#expect(':');
      object.set(key, this.#value());
    }
    return object;
  }

  #until(close: string): RegoValue[] {
    const members: RegoValue[] = [];
    if (this.#take(close)) return members;
    do members.push(this.#value());
    while (this.#take(','));
    this.#expect(close);
    return members;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found === undefined) this.#fail();
    this.#at += found.length;
    return found;
  }

  /** Takes a mark and the space that the writer puts after it. */
  #take(mark: string): boolean {
    if (this.#text[this.#at] !== mark) return false;
    this.#at += 1;
    if (this.#text[this.#at] === ' ') this.#at += 1;
    return true;
  }

  #expect(mark: string): void {
    if (!this.#take(mark)) this.#fail();
  }

  #fail(): never {
    throw new SyntaxError(`not a Rego value at offset ${this.#at}`);
  }
}

function toNumber(literal: string): RegoValue {
  if (/^-?\d+$/.test(literal)) {
    const number = Number(literal);
    return Number.isSafeInteger(number) ? number : BigInt(literal);
  }
  return String(Number(literal)) === literal ? Number(literal) : new Decimal(literal);
}

/**
 * Writes a value so that the module's `opa_value_parse` reads the same one.
 * @throws TypeError for what is no Rego value: `undefined`, a Promise, NaN, an object of some class
 */
export function formatRegoValue(value: RegoValue): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value.toWellFormed());
    case 'boolean':
    case 'bigint':
      return String(value);
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError('not a finite number');
      return Object.is(value, -0) ? '0' : String(value);
    default:
      break;
  }
  if (value === null) return 'null';
  if (value instanceof Decimal) return value.literal;
  if (Array.isArray(value)) return `[${value.map(formatRegoValue).join(',')}]`;
  if (value instanceof Set) return value.size === 0 ? 'set()' : `{${[...value].map(formatRegoValue).join(',')}}`;
  if (value instanceof Map) return `{${[...value].map(([key, member]) => `${formatRegoValue(key)}:${formatRegoValue(member)}`).join(',')}}`;
  throw new TypeError('not a Rego value');
}
