import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { unpackBundle } from '../../bundle/unpack-bundle.ts';
import { Breakage } from '../../errors.ts';
import { bundleOf, isDirectory } from './bundle-of.ts';
import { compareBundles, type Side } from './compare/compare-bundles.ts';
import { describeComparison } from './compare/describe-comparison.ts';
import type { Inspection } from './describe-inspection.ts';
import type { PolicyIo } from './policy-io.ts';
import { formatOption } from './policy-options.ts';
import { flag, hostFlag } from './run-toolchain.ts';
import { tell } from './signing-options.ts';

interface DiffOptions {
  readonly format: string;
  readonly exitCode: boolean;
}

/** Makes `regate policy diff`. */
export function makeDiffCommand(io: PolicyIo): Command {
  return new Command('diff')
    .description('Compare two bundles, or directories of policies: entry points, rules, data path by path, files.')
    .argument('<before>', 'a bundle file, or a directory, which is built first')
    .argument('<after>', 'the same')
    .option('--exit-code', 'exit with 1 where they differ', false)
    .addOption(formatOption())
    .action(async (before: string, after: string, options: DiffOptions) => {
      try {
        await diff(io, before, after, options);
      } catch (error) {
        tell(io, error);
      }
    })
    .addHelpText(
      'after',
      `
White space and comments of rules do not count, nor does the signature. A compiled bundle holds the rules of its entry points in the module only;
of directories all rules are compared.

Example:
  regate policy diff bundles/active.tar.gz bundle.tar.gz
  regate policy diff main/policies policies --format json
`,
    );
}

async function diff(io: PolicyIo, before: string, after: string, { format, exitCode }: DiffOptions): Promise<void> {
  // A directory is held against a bundle as what it builds: a compiled bundle does not show all of its rules.
  const asWritten = isDirectory(io.cwd, before) && isDirectory(io.cwd, after);
  const old = await sideOf(io, before, asWritten);
  const fresh = old === undefined ? undefined : await sideOf(io, after, asWritten);
  if (old === undefined || fresh === undefined) return;
  const found = compareBundles(old, fresh);
  io.out(format === 'json' ? `${JSON.stringify(found, null, 2)}\n` : describeComparison(found));
  io.exit(exitCode && !found.same ? 1 : 0);
}

/** @returns `undefined` where a directory does not build; what is wrong has been told */
async function sideOf(io: PolicyIo, path: string, asWritten: boolean): Promise<Side | undefined> {
  const bytes = await bundleOf(io, path);
  if (bytes === undefined) return undefined;
  const files = await unpackBundle(bytes);
  const compiled = await inspectBytes(io, bytes);
  const inspection = asWritten ? { ...compiled, rules: (await inspect(io, path)).rules } : compiled;
  return { name: path, sha256: createHash('sha256').update(bytes).digest('hex'), files, inspection };
}

async function inspectBytes(io: PolicyIo, bytes: Uint8Array): Promise<Inspection> {
  const folder = mkdtempSync(join(tmpdir(), 'regate-diff-'));
  try {
    const path = join(folder, 'bundle.tar.gz');
    writeFileSync(path, bytes);
    return await inspect(io, path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function inspect(io: PolicyIo, path: string): Promise<Inspection> {
  const args = [...hostFlag(io), ...flag('format', 'pretty'), path];
  const { code, stdout, stderr } = await io.toolchain.run({ command: 'inspect', cwd: io.cwd, paths: [path], args: () => args });
  if (code !== 0) throw new Breakage(code === 1 ? 'policy.unavailable' : 'gateway.error', stderr.trimEnd());
  return JSON.parse(stdout) as Inspection;
}
