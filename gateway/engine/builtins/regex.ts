import { type RE2JS, RE2JS as Re2 } from 're2js';
import { type Builtin, BuiltinError } from './builtin.ts';
import { BuiltinLimit, limitMembers, limitText } from './limits.ts';
import { int64At, stringAt } from './operands.ts';
import { foresee, makePatience } from './patience.ts';
import { weighPattern } from './regex-weight.ts';

/**
 * Patterns of policies run on a port of RE2: its syntax and matches are those of Go's package regexp, and its time grows with the text only.
 * JavaScript's own engine backtracks, which a caller's text can drive into hours.
 */
const compiled = new Map<string, RE2JS>();
const mostCompiled = 128;
/** A pattern may come from a caller's facts; long ones are not kept. */
const longestKept = 2048;
const longestPattern = 16_384;
/** Instructions of the pattern times characters of the text, whatever time there is. */
const mostWork = 100_000_000;

/*
 * Neither a search nor the making of a program can be stopped, so both are paid for beforehand. In nanoseconds, as the slowest of some forty patterns
 * took them (large classes of Unicode, many captures); most take a tenth.
 */
const nsPerWork = 25;
const nsPerInstruction = 3000;
const nsPerCharacter = 8000;

/** The pattern that was not used for longest is forgotten. */
function compile(pattern: string, leftMs?: () => number): RE2JS {
  const known = compiled.get(pattern);
  if (known !== undefined) {
    compiled.delete(pattern);
    compiled.set(pattern, known);
    return known;
  }
  const made = tryCompile(pattern, leftMs);
  if (pattern.length > longestKept) return made;
  const [oldest] = compiled.keys();
  if (compiled.size >= mostCompiled && oldest !== undefined) compiled.delete(oldest);
  compiled.set(pattern, made);
  return made;
}

function tryCompile(pattern: string, leftMs?: () => number): RE2JS {
  limitPattern(pattern);
  foresee((weighPattern(pattern) * nsPerInstruction + pattern.length * nsPerCharacter) / 1e6, leftMs);
  try {
    return Re2.compile(pattern);
  } catch {
    // The package's errors have one common cause here: the pattern is not one of RE2.
    throw new BuiltinError('not a regular expression');
  }
}

interface Match {
  readonly start: number;
  readonly end: number;
  /** Offsets of groups, the whole match first; -1 where a group took no part. */
  readonly groups: readonly (readonly [start: number, end: number])[];
}

/** Matches from left to right as Go finds them: no empty one right after another match. */
function findAll(expression: RE2JS, text: string, leftMs?: () => number, most = Number.POSITIVE_INFINITY): Match[] {
  limitWork(expression, text, leftMs);
  const checkTime = makePatience(leftMs);
  const matcher = expression.matcher(text);
  const count = expression.groupCount();
  const found: Match[] = [];
  let previousEnd = -1;
  for (let at = 0; at <= text.length && found.length < most && matcher.find(at); ) {
    // Each search may look through all that is left.
    checkTime();
    const [start, end] = [matcher.start(), matcher.end()];
    const isRepeat = end === at && start === previousEnd;
    if (!isRepeat) {
      found.push({
        start,
        end,
        groups: Array.from({ length: count + 1 }, (_, group) => [matcher.start(group), matcher.end(group)] as const),
      });
    }
    at = end > at ? end : at + ((text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1);
    previousEnd = end;
  }
  limitMembers(found.length);
  return found;
}

function limitPattern(pattern: string): void {
  if (pattern.length > longestPattern) throw new BuiltinLimit(`a pattern is longer than ${longestPattern} characters`);
}

function limitWork(expression: RE2JS, text: string, leftMs?: () => number): void {
  const work = expression.programSize() * text.length;
  if (work > mostWork) throw new BuiltinLimit('the pattern is too large for a text of this length');
  foresee((work * nsPerWork) / 1e6, leftMs);
}

const split: Builtin = (args, _evaluation, leftMs) => {
  const [pattern, text] = [stringAt(args, 0), stringAt(args, 1)];
  const expression = compile(pattern, leftMs);
  if (pattern !== '' && text === '') return [''];
  const parts: string[] = [];
  let [from, to] = [0, 0];
  for (const { start, end } of findAll(expression, text, leftMs)) {
    to = start;
    if (end !== 0) parts.push(text.slice(from, to));
    from = end;
  }
  if (to !== text.length) parts.push(text.slice(from));
  return parts;
};

const findN: Builtin = (args, _evaluation, leftMs) => {
  const [expression, text, n] = [compile(stringAt(args, 0), leftMs), stringAt(args, 1), Number(int64At(args, 2))];
  return findAll(expression, text, leftMs, n < 0 ? undefined : n).map(({ start, end }) => text.slice(start, end));
};

/** `$1`, `$name` and `${name}` stand for what a group matched. */
const replace: Builtin = (args, _evaluation, leftMs) => {
  const [text, expression, template] = [stringAt(args, 0), compile(stringAt(args, 1), leftMs), stringAt(args, 2)];
  const names = expression.namedGroups();
  let [result, from] = ['', 0];
  for (const match of findAll(expression, text, leftMs)) {
    result += text.slice(from, match.start) + expand(template, (name) => groupText(text, match, names, name));
    from = match.end;
    limitText(result.length);
  }
  result += text.slice(from);
  limitText(result.length);
  return result;
};

const reference = /\$(?:\$|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu;

function expand(template: string, value: (name: string) => string): string {
  if (!template.includes('$')) return template;
  return template.replace(reference, (whole, braced?: string, bare?: string) => (whole === '$$' ? '$' : value(braced ?? bare ?? '')));
}

function groupText(text: string, { groups }: Match, names: Readonly<Record<string, number>>, name: string): string {
  const isNumber = /^(?:0|[1-9]\d{0,8})$/.test(name);
  const index = isNumber ? Number(name) : Object.hasOwn(names, name) ? names[name] : undefined;
  const [start, end] = groups[index ?? -1] ?? [-1, -1];
  return start < 0 ? '' : text.slice(start, end);
}

/** Whether a text matches a template: text between delimiters is a pattern, all other text stands for itself. */
const templateMatch: Builtin = (args, _evaluation, leftMs) => {
  const [template, text, open, close] = [stringAt(args, 0), stringAt(args, 1), stringAt(args, 2), stringAt(args, 3)];
  if (Buffer.byteLength(open) !== 1 || Buffer.byteLength(close) !== 1) throw new BuiltinError('a delimiter is one byte');
  limitPattern(template);
  const checkTime = makePatience(leftMs);
  let pattern = '^';
  let [from, level, opened] = [0, 0, 0];
  for (let at = 0; at < template.length; at += 1) {
    if (template[at] === open) {
      level += 1;
      if (level === 1) opened = at;
    } else if (template[at] === close) {
      level -= 1;
      if (level < 0) throw new BuiltinError('unbalanced delimiters');
      if (level === 0) {
        const inner = template.slice(opened + 1, at);
        checkTime();
        tryCompile(`^${inner}$`, leftMs);
        pattern += `${quoteMeta(template.slice(from, opened))}(${inner})`;
        from = at + 1;
      }
    }
  }
  if (level !== 0) throw new BuiltinError('unbalanced delimiters');
  const expression = compile(`${pattern}${quoteMeta(template.slice(from))}$`, leftMs);
  limitWork(expression, text, leftMs);
  return expression.matcher(text).find();
};

function quoteMeta(text: string): string {
  return text.replaceAll(/[\\.+*?()|[\]{}^$]/g, '\\$&');
}

export const regex: readonly (readonly [string, Builtin])[] = [
  ['regex.split', split],
  ['regex.find_n', findN],
  ['regex.replace', replace],
  ['regex.template_match', templateMatch],
];
