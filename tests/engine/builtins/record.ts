/*
 * Asks OPA for the value of every call in cases/, and writes the answers to ../fixtures/builtins/:
 *
 *     node tests/engine/builtins/record.ts path/to/opa
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import type { Call } from './cases/call.ts';

const [opa = 'opa'] = process.argv.slice(2);
const perQuery = 400;

for (const file of readdirSync(new URL('cases/', import.meta.url))) {
  if (file === 'call.ts') continue;
  const { calls } = (await import(`./cases/${file}`)) as { calls: readonly Call[] };
  const lines: string[] = [];
  for (let from = 0; from < calls.length; from += perQuery) {
    const some = calls.slice(from, from + perQuery);
    const answers = ask(some);
    lines.push(...some.map(([name, operands], index) => JSON.stringify([name, operands, answers[index]])));
  }
  writeFileSync(new URL(`../fixtures/builtins/${file.replace('.ts', '.json')}`, import.meta.url), `[\n${lines.join(',\n')}\n]\n`);
}

/** The values as OPA prints them in an array; `[]` for a call without a value. */
function ask(calls: readonly Call[]): readonly string[] {
  const query = calls.map(([name, operands]) => `sprintf("%v", [[x | x := ${name}(${operands.map(hide).join(', ')})]])`).join(',\n');
  const answer = execFileSync(opa, ['eval', '--v0-compatible', '--format', 'raw', '--stdin-input', `[${query}]`], {
    input: '{}',
    maxBuffer: 1 << 28,
  });
  return JSON.parse(answer.toString()) as string[];
}

/** Keeps OPA's compiler from seeing the type, which may be a wrong one. A number must also keep its digits, so JSON is read at run time. */
function hide(operand: string): string {
  try {
    JSON.parse(operand);
  } catch {
    return `object.get({"value": ${operand}}, "value", null)`;
  }
  return `json.unmarshal(${JSON.stringify(operand)})`;
}
