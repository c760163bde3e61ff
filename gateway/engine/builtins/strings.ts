import type { RegoValue } from '../rego-value.ts';
import { type Builtin, BuiltinError } from './builtin.ts';
import { BuiltinLimit, limitMembers } from './limits.ts';
import { occurrences } from './occurrences.ts';
import { int64At, stringAt, stringsAt } from './operands.ts';

/** Comparisons that one call may make. */
const mostPairs = 1_000_000;

/** Whether any string of the first operand (a string, an array or a set) stands so to any of the second. */
const anyMatch =
  (matches: (text: string, affix: string) => boolean): Builtin =>
  (args) => {
    const texts = oneOrMany(args, 0);
    const affixes = oneOrMany(args, 1);
    if (texts.length * affixes.length > mostPairs) throw new BuiltinLimit(`it would compare more than ${mostPairs} pairs`);
    return texts.some((text) => affixes.some((affix) => matches(text, affix)));
  };

function oneOrMany(args: readonly RegoValue[], position: number): readonly string[] {
  const value = args[position];
  return typeof value === 'string' ? [value] : stringsAt(args, position);
}

/** Without overlaps; the empty string is found before every character and at the end. */
const count: Builtin = (args) => {
  const [text, part] = [stringAt(args, 0), stringAt(args, 1)];
  return part === '' ? [...text].length + 1 : text.split(part).length - 1;
};

/** Positions in characters, with overlaps. */
const indexofN: Builtin = (args) => {
  const [text, part] = [[...stringAt(args, 0)], [...stringAt(args, 1)]];
  if (part.length === 0) throw new BuiltinError('empty search character');
  const found = [...occurrences(text, part)];
  limitMembers(found.length);
  return found;
};

/** The first `n` parts, or with a negative `n` the last. An empty delimiter splits into characters. */
const splitN: Builtin = (args) => {
  const [text, delimiter, n] = [stringAt(args, 0), stringAt(args, 1), Number(int64At(args, 2))];
  const parts = delimiter === '' ? [...text] : text.split(delimiter);
  const kept = n >= 0 ? parts.slice(0, n) : parts.slice(Math.max(parts.length + n, 0));
  limitMembers(kept.length);
  return kept;
};

export const strings: readonly (readonly [string, Builtin])[] = [
  ['strings.any_prefix_match', anyMatch((text, affix) => text.startsWith(affix))],
  ['strings.any_suffix_match', anyMatch((text, affix) => text.endsWith(affix))],
  ['strings.count', count],
  ['strings.split_n', splitN],
  ['indexof_n', indexofN],
];
