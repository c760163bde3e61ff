import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { makePolicyCommand } from '../../gateway/cli/policy/policy.ts';
import type { PolicyIo } from '../../gateway/cli/policy/policy-io.ts';
import { hostBuiltinNames } from '../../gateway/engine/builtins/registry.ts';
import { readModule, toolchainDirectory } from '../../gateway/toolchain/read-module.ts';
import { makeToolchain } from '../../gateway/toolchain/toolchain.ts';

const built = ['opa.wasm', 'opa.wasm.br'].some((name) => existsSync(join(toolchainDirectory(), name)));

/** Options of a test that runs the toolchain. Where it is not built such tests are skipped by name, but in CI they fail. */
export const needsToolchain = {
  skip: built || process.env['CI'] !== undefined ? false : 'toolchain not built: run npm run toolchain',
} as const;

/** One toolchain for all tests of a file: the module is compiled once. */
export const toolchain = makeToolchain({ readModule: () => readModule(toolchainDirectory()) });

export const small = join(import.meta.dirname, 'fixtures', 'small');

/** A copy of the small fixture, changed: name → text, or `null` for a file that is not to be there. */
export function policiesWith(t: TestContext, changes: Readonly<Record<string, string | null>> = {}): string {
  const directory = temporaryDirectory(t);
  const policies = join(directory, 'policies');
  cpSync(small, policies, { recursive: true });
  for (const [name, text] of Object.entries(changes)) {
    const file = join(policies, name);
    if (text === null) rmSync(file);
    else {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
  }
  return directory;
}

export function temporaryDirectory(t: TestContext): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'regate-test-')));
  t.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

export interface CommandRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `regate policy ...` in a directory. */
export async function policy(cwd: string, ...args: readonly string[]): Promise<CommandRun> {
  return runPolicy({ cwd, toolchain, hostBuiltins: hostBuiltinNames }, args);
}

/** The same with parts of the world replaced. */
export async function runPolicy(
  world: Pick<PolicyIo, 'cwd' | 'toolchain' | 'hostBuiltins'> & Partial<Pick<PolicyIo, 'environment' | 'now'>>,
  args: readonly string[],
): Promise<CommandRun> {
  let [out, err, code] = ['', '', 0];
  const command = makePolicyCommand({
    environment: {},
    now: () => Date.parse('2026-03-01T12:00:00Z'),
    ...world,
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    exit: (status) => {
      code = status;
    },
    leave: (status) => {
      throw new Error(`the command line was left with ${status}`);
    },
  });
  await command.parseAsync([...args], { from: 'user' });
  return { code, out, err };
}
