/*
 * Writes the reference that is derived from the code: docs/reference/regate.schema.json and configuration.md from the configuration's schema,
 * errors.md from the table of errors, decision-record.schema.json from the types of records, builtins.md from the registry of built-ins. With --check nothing is written; it fails where a file differs from what would be written.
 *
 *   node scripts/generate-reference.ts
 *   node scripts/generate-reference.ts --check
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jsonSchema } from '../gateway/config/schema.ts';
import { describe, errorCodes } from '../gateway/errors.ts';
import { listSettings, type SchemaNode } from './reference/list-settings.ts';
import { recordSchema } from './reference/record-schema.ts';
import { renderBuiltins } from './reference/render-builtins.ts';

const folder = join(import.meta.dirname, '..', 'docs', 'reference');

const mark = '<!-- Written by scripts/generate-reference.ts; change the code and run it again. -->';

/** Every generated file: name → content. */
export function renderReference(): ReadonlyMap<string, string> {
  return new Map([
    ['regate.schema.json', `${JSON.stringify(jsonSchema(), null, 2)}\n`],
    ['decision-record.schema.json', `${JSON.stringify(recordSchema(), null, 2)}\n`],
    ['configuration.md', renderConfiguration()],
    ['errors.md', renderErrors()],
    ['builtins.md', `${mark}\n\n${renderBuiltins()}`],
  ]);
}

/** The names of the generated files in `from` that differ from what the code says. */
export function findDrift(from = folder): readonly string[] {
  return [...renderReference()].filter(([name, content]) => readIfThere(join(from, name)) !== content).map(([name]) => name);
}

function readIfThere(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

function renderConfiguration(): string {
  const rows = listSettings(jsonSchema() as SchemaNode).map(({ setting, values, initial, description }) =>
    row(code(setting), escapeCell(values), initial === undefined ? '' : code(initial), escapeCell(description)),
  );
  return `${mark}

# Configuration

One YAML file. Unknown settings, keys that are set twice and unsafe combinations are refused, with their line. \`\${NAME}\` in a value is taken from the
environment; a variable that is not set is an error. Relative paths start at the folder of the file. \`regate config check FILE\` checks a file as the
start would. [regate.schema.json](regate.schema.json) is the same as JSON Schema, for completion in editors;
[examples/regate.yaml](../../examples/regate.yaml) is a whole configuration with comments.

\`[]\` stands for each entry of a list, \`<name>\` for a name of your choice. A setting without a default is required, unless it says optional.

| setting | value | default | meaning |
|---|---|---|---|
${rows.join('\n')}
`;
}

function renderErrors(): string {
  const rows = errorCodes.map((each) => {
    const { status, tell } = describe(each);
    return row(code(each), String(status), escapeCell(tell));
  });
  return `${mark}

# Errors

Every way in which the gateway itself refuses a request. The error body is in the dialect that the caller speaks (OpenAI or Anthropic), so that SDKs
raise their own errors; the code, the sentence and the decision id are in it. A code is stable; the sentence may be reworded. No sentence holds input, a
token or a header's value: the detail is in the decision record, under the id in \`x-regate-decision-id\`.

A denial by policy (\`policy.denied\`) also carries the reason codes that the policy lets callers see, and may carry the policy's own message. Codes that
begin with \`policy.\`, and every status below 500 that is not the backend's own (\`upstream.\`), carry \`x-should-retry: false\`: asking again would change nothing.

| code | status | what the caller is told |
|---|---|---|
${rows.join('\n')}
`;
}

function row(...cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function code(text: string): string {
  return `\`${escapeCell(text)}\``;
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|');
}

if (import.meta.main) {
  if (process.argv.includes('--check')) {
    const drift = findDrift();
    for (const name of drift)
      process.stderr.write(`docs/reference/${name} differs from the code; run: node scripts/generate-reference.ts\n`);
    process.exitCode = drift.length === 0 ? 0 : 1;
  } else {
    for (const [name, content] of renderReference()) writeFileSync(join(folder, name), content);
  }
}
