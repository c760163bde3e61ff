/*
 * Writes scripts/reference/opa-builtins.json: every built-in of the OPA that toolchain/go.mod names, from the metadata in OPA's Go module. Needs Go;
 * to be run when OPA is updated. tests/conformance/opa-builtins.test.ts compares the two.
 *
 *   node scripts/reference/list-opa-builtins.ts
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A built-in as OPA describes it. */
export interface OpaBuiltin {
  readonly name: string;
  readonly category: string;
  readonly description: string;
  /** Names of the operands. */
  readonly args: readonly string[];
  /** Whether OPA compiles it into the module. */
  readonly native: boolean;
  readonly deprecated: boolean;
}

const list = join(import.meta.dirname, 'opa-builtins.json');

interface Metadata {
  readonly args?: readonly { readonly name?: string }[];
  readonly description?: string;
  readonly wasm?: boolean;
  readonly deprecated?: boolean;
}

/** The list as it is checked in. */
export function readOpaBuiltins(): readonly OpaBuiltin[] {
  return JSON.parse(readFileSync(list, 'utf8')) as OpaBuiltin[];
}

/**
 * The list as OPA's module has it.
 * @returns `undefined` where there is no Go
 * @throws Error where the module cannot be had
 */
export function listOpaBuiltins(): readonly OpaBuiltin[] | undefined {
  const toolchain = join(import.meta.dirname, '..', '..', 'toolchain');
  const options = { cwd: toolchain, encoding: 'utf8' } as const;
  const { error, status, stdout, stderr } = spawnSync('go', ['mod', 'download', '-json', 'github.com/open-policy-agent/opa'], options);
  if (error !== undefined) return undefined;
  if (status !== 0) throw new Error(`OPA's Go module cannot be had: ${stderr}`);
  const { Dir: directory } = JSON.parse(stdout) as { Dir: string };
  const { _categories: categories, ...all } = JSON.parse(readFileSync(join(directory, 'builtin_metadata.json'), 'utf8')) as {
    _categories: Record<string, readonly string[]>;
  } & Record<string, Metadata>;
  return Object.entries(all)
    .filter(([name]) => !name.startsWith('_') && !name.startsWith('internal.'))
    .map(([name, { args, description = '', wasm = false, deprecated = false }]) => ({
      name,
      category: Object.keys(categories).find((key) => categories[key]?.includes(name) === true) ?? '',
      description,
      args: (args ?? []).map((arg, at) => arg.name ?? `x${at + 1}`),
      native: wasm,
      deprecated,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

if (import.meta.main) {
  const found = listOpaBuiltins();
  if (found === undefined) {
    process.stderr.write('The list is read from OPA’s Go module, and there is no "go" on the PATH.\n');
    process.exitCode = 2;
  } else {
    writeFileSync(list, `[\n${found.map((one) => JSON.stringify(one)).join(',\n')}\n]\n`);
  }
}
