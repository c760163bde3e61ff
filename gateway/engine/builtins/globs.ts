import { type Builtin, BuiltinError } from './builtin.ts';
import { BuiltinLimit, maxMembers } from './limits.ts';
import { stringAt } from './operands.ts';

/**
 * `regex.globs_match`: whether two patterns of a small language (`.`, `[a-z]`, `\`, and `*` or `+` after any of them) have a text in common. OPA
 * asks the package glob-intersection, and this goes its way, where it errs, too.
 */
interface Token {
  /** A set of code points, or any. A character is a set of one. */
  readonly points: ReadonlySet<number> | 'any';
  flag: '' | '*' | '+';
}

/** The search can take exponential time. */
const mostSteps = 2_000_000;

const globsMatch: Builtin = (args) => {
  const [one, other] = [simplify(tokensOf(stringAt(args, 0))), simplify(tokensOf(stringAt(args, 1)))];
  const trimmed = trim(one, other);
  return trimmed !== undefined && new Search().normal(...trimmed);
};

function fail(): never {
  throw new BuiltinError('not a glob');
}

function tokensOf(text: string): Token[] {
  const input = Array.from(text);
  const tokens: Token[] = [];
  for (let at = 0; at < input.length; ) {
    const mark = input[at] ?? '';
    let points: Token['points'];
    if (mark === '[') {
      [at, points] = readSet(input, at + 1);
    } else if (mark === '.') {
      [at, points] = [at + 1, 'any'];
    } else if (']+*'.includes(mark)) {
      fail();
    } else {
      const [next, point] = readPoint(input, at);
      [at, points] = [next, new Set([point])];
    }
    const flag = input[at];
    const isFlag = flag === '*' || flag === '+';
    tokens.push({ points, flag: isFlag ? flag : '' });
    if (isFlag) at += 1;
  }
  return tokens;
}

/** One character, or what a backslash stands before. */
function readPoint(input: readonly string[], at: number): [next: number, point: number] {
  const escaped = input[at] === '\\';
  const character = input[escaped ? at + 1 : at];
  if (character === undefined) fail();
  return [at + (escaped ? 2 : 1), character.codePointAt(0) ?? 0];
}

function readSet(input: readonly string[], start: number): [next: number, points: Set<number>] {
  const points = new Set<number>();
  let previous: number | undefined;
  for (let at = start; at < input.length; ) {
    if (input[at] === ']') return [at + 1, points];
    if (input[at] === '-') {
      const isSpecial = input[at + 1] === ']' || input[at + 1] === '-';
      if (previous === undefined || at + 1 >= input.length - 1 || isSpecial) fail();
      const [next, last] = readPoint(input, at + 1);
      if (last < previous) fail();
      if (last - previous > maxMembers) throw new BuiltinLimit(`a set has more than ${maxMembers} characters`);
      for (let point = previous; point <= last; point += 1) points.add(point);
      [at, previous] = [next, undefined];
    } else {
      const [next, point] = readPoint(input, at);
      points.add(point);
      [at, previous] = [next, point];
    }
  }
  return fail();
}

/** `t*t+` and its like are one token. */
function simplify(tokens: readonly Token[]): Token[] {
  const simple: Token[] = [];
  for (const token of tokens) {
    const latest = simple.at(-1);
    if (latest !== undefined && latest.flag !== '' && token.flag !== '' && isSame(latest, token)) {
      latest.flag = latest.flag === '+' || token.flag === '+' ? '+' : '*';
    } else {
      simple.push({ ...token });
    }
  }
  return simple;
}

function isSame({ points: a }: Token, { points: b }: Token): boolean {
  if (a === 'any' || b === 'any') return a === b;
  return a.size === b.size && [...a].every((point) => b.has(point));
}

function meets({ points: a }: Token, { points: b }: Token): boolean {
  if (a === 'any' || b === 'any') return true;
  const [small, large] = a.size < b.size ? [a, b] : [b, a];
  for (const point of small) if (large.has(point)) return true;
  return false;
}

type Pair = [one: readonly Token[], other: readonly Token[]];

/** Takes off what must match at both ends, but for one token; nothing where it does not match. */
function trim(one: readonly Token[], other: readonly Token[]): Pair | undefined {
  const isPlain = (a: Token | undefined, b: Token | undefined) => a?.flag === '' && b?.flag === '';
  let left = 0;
  for (; isPlain(one[left], other[left]); left += 1) if (!meets(at(one, left), at(other, left))) return undefined;
  if (left > 0) left -= 1;
  let [right, otherRight] = [one.length - 1, other.length - 1];
  for (; right >= left && otherRight >= left && isPlain(one[right], other[otherRight]); right -= 1, otherRight -= 1) {
    if (!meets(at(one, right), at(other, otherRight))) return undefined;
  }
  const more = right < one.length - 1 ? 1 : 0;
  return [one.slice(left, right + more + 1), other.slice(left, otherRight + more + 1)];
}

function at(tokens: readonly Token[], index: number): Token {
  return tokens[index] ?? { points: new Set(), flag: '' };
}

class Search {
  #steps = 0;

  normal(one: readonly Token[], other: readonly Token[]): boolean {
    let index = 0;
    for (; index < one.length && index < other.length; index += 1) {
      const [a, b] = [at(one, index), at(other, index)];
      if (a.flag !== '' || b.flag !== '') {
        this.#step(one.length + other.length);
        return this.#special(one.slice(index), other.slice(index));
      }
      if (!this.#meets(a, b)) return false;
    }
    return index === one.length && index === other.length;
  }

  #special(one: readonly Token[], other: readonly Token[]): boolean {
    const [flagged, plain] = at(one, 0).flag === '' ? [other, one] : [one, other];
    return at(flagged, 0).flag === '+' ? this.#plus(flagged, plain) : this.#star(flagged, plain);
  }

  #plus(flagged: readonly Token[], plain: readonly Token[]): boolean {
    if (!this.#meets(at(flagged, 0), at(plain, 0))) return false;
    if (this.#star(flagged, plain.slice(1))) return true;
    return at(plain, 0).flag !== '' && this.normal(flagged.slice(1), plain);
  }

  #star(flagged: readonly Token[], plain: readonly Token[]): boolean {
    const [star, next] = flagged;
    for (const [index, token] of plain.entries()) {
      this.#step(1);
      if (next !== undefined && this.#meets(token, next) && this.normal(flagged.slice(1), plain.slice(index))) return true;
      if (star === undefined || !this.#meets(token, star)) return false;
    }
    return next === undefined;
  }

  #meets(a: Token, b: Token): boolean {
    this.#step(a.points === 'any' || b.points === 'any' ? 1 : Math.min(a.points.size, b.points.size));
    return meets(a, b);
  }

  #step(weight: number): void {
    this.#steps += weight;
    if (this.#steps > mostSteps) throw new BuiltinLimit('the globs take too long to compare');
  }
}

/** Characters that `glob.match` gives a meaning. */
const quoteMeta: Builtin = (args) => stringAt(args, 0).replaceAll(/[\\*?[\]{}]/g, '\\$&');

export const globs: readonly (readonly [string, Builtin])[] = [
  ['regex.globs_match', globsMatch],
  ['glob.quote_meta', quoteMeta],
];
