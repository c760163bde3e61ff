/*
 * Builds the default policies into bundles/default/bundle.tar.gz and writes what was built into bundles/bundles.lock.json. Both are committed.
 *
 * With --check nothing is written: the policies are built again and compared with what is committed. Fails when they differ (it says in what), when
 * the policies have errors, or when the toolchain is not built.
 *
 *     npm run bundle
 *     npm run bundle -- --check
 *     npm run bundle -- --policies my-policies --bundles /tmp/bundles
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { hostBuiltinNames } from '../gateway/engine/builtins/registry.ts';
import { Breakage } from '../gateway/errors.ts';
import { readModule, toolchainDirectory } from '../gateway/toolchain/read-module.ts';
import { makeToolchain } from '../gateway/toolchain/toolchain.ts';
import { compareBundles } from './compare-bundles.ts';

interface LockedBundle {
  readonly name: string;
  readonly sha256: string;
  readonly revision: string;
  /** Version of OPA that compiled it. */
  readonly opa: string;
  readonly entrypoints: readonly string[];
}

const root = join(import.meta.dirname, '..');
const { values: options } = parseArgs({
  options: { check: { type: 'boolean', default: false }, policies: { type: 'string' }, bundles: { type: 'string' } },
});
const policies = options.policies ?? 'policies';
const bundles = options.bundles ?? join(root, 'bundles');
const name = 'default';
const bundleFile = join(bundles, name, 'bundle.tar.gz');
const lockFile = join(bundles, 'bundles.lock.json');

function fail(code: number, text: string): never {
  process.stderr.write(`${text.trimEnd()}\n`);
  process.exit(code);
}

async function build(): Promise<{ readonly bytes: Uint8Array; readonly lock: string; readonly entry: LockedBundle }> {
  const toolchain = makeToolchain({ readModule: () => readModule(toolchainDirectory()) });
  const result = await toolchain.run({
    command: 'build',
    paths: [policies],
    // Paths in messages are as from the root, wherever npm was called.
    cwd: options.policies === undefined ? root : process.cwd(),
    leaves: [name],
    args: (scratch) => ['-format=json', `-host-builtins=${hostBuiltinNames.join(',')}`, `-output=${scratch}/${name}`, policies],
  });
  const bytes = result.files.get(name);
  if (result.code !== 0 || bytes === undefined) return fail(result.code || 2, result.stderr + errorsOf(result.stdout));
  const { sha256, revision, opa, entrypoints } = JSON.parse(result.stdout) as Omit<LockedBundle, 'name'>;
  const entry = { name, sha256, revision, opa, entrypoints };
  return { bytes, entry, lock: `${JSON.stringify({ bundles: [entry] }, null, 2)}\n` };
}

function errorsOf(report: string): string {
  if (report === '') return '';
  const { errors } = JSON.parse(report) as { errors: { message: string; location?: { file: string; row: number }; help?: string[] }[] };
  return errors
    .map(({ message, location, help }) => {
      const place = location === undefined ? '' : `${location.file}:${location.row}: `;
      return `${place}${message}\n${(help ?? []).map((line) => `    ${line}\n`).join('')}`;
    })
    .join('');
}

function write(file: string, content: Uint8Array | string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.tmp`, content);
  renameSync(`${file}.tmp`, file);
}

async function check(bytes: Uint8Array, lock: string): Promise<void> {
  const differences = existsSync(bundleFile) ? await compareBundles(readFileSync(bundleFile), bytes) : [`there is no ${bundleFile}`];
  const locked = existsSync(lockFile) ? readFileSync(lockFile, 'utf8') : '';
  const all = [...differences, ...(locked === lock ? [] : [`${lockFile} does not name what the policies build to`])];
  if (all.length === 0) return;
  fail(
    1,
    `The committed bundle is not what ${policies} builds to:\n${all.map((line) => `  ${line}\n`).join('')}Build and commit it:\n\n    npm run bundle\n    git add bundles`,
  );
}

try {
  const { bytes, lock, entry } = await build();
  if (options.check) await check(bytes, lock);
  else {
    write(bundleFile, bytes);
    write(lockFile, lock);
  }
  process.stdout.write(
    `${name}: revision ${entry.revision}, sha256 ${entry.sha256}, ${bytes.length} bytes${options.check ? ', as committed' : ''}\n`,
  );
} catch (error) {
  if (error instanceof Breakage) fail(2, error.message);
  throw error;
}
