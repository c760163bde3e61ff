import { type Comparison, type Difference, isEmpty } from './compare-bundles.ts';
import type { DataChange } from './compare-data.ts';

/** Writes a comparison for people: what came with +, what went with -, what is another with ~. */
export function describeComparison(found: Comparison): string {
  const { before, after, entrypoints, roots, rules, data, files } = found;
  const head = [`${before.name}  revision ${before.revision || '-'}`, `${after.name}  revision ${after.revision || '-'}`];
  if (found.same) return `${head.join('\n')}\nThe same rules, data and files.\n`;
  const onlyModule = isEmpty(rules) && data.length === 0 && files.changed.includes('policy.wasm');
  return `${[
    ...head,
    ...section('Entry points', lines(entrypoints)),
    ...section('Roots', lines(roots)),
    ...section('Rules', lines(rules)),
    ...section('Data', data.map(describeData)),
    ...section('Files', lines(files)),
    ...(onlyModule
      ? [
          '',
          'The module differs, and no rule or data that can be seen: the rules of entry points are in the module only. Compare the directories.',
        ]
      : []),
  ].join('\n')}\n`;
}

function section(title: string, content: readonly string[]): readonly string[] {
  return content.length === 0 ? [] : ['', title, ...content.map((line) => `  ${line}`)];
}

function lines({ added, removed, changed }: Difference): readonly string[] {
  return [...added.map((name) => `+ ${name}`), ...removed.map((name) => `- ${name}`), ...changed.map((name) => `~ ${name}`)];
}

function describeData({ path, change, before, after, items }: DataChange): string {
  if (change === 'added') return `+ ${path} = ${show(after)}`;
  if (change === 'removed') return `- ${path}`;
  if (items === undefined) return `~ ${path}: ${show(before)} -> ${show(after)}`;
  const told = [...items.added.map((item) => `+${show(item)}`), ...items.removed.map((item) => `-${show(item)}`)];
  return `~ ${path}: ${told.length === 0 ? 'another order or count' : told.join(' ')}`;
}

const longest = 80;

function show(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > longest ? `${text.slice(0, longest)}...` : text;
}
