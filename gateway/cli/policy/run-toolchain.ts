import { Breakage } from '../../errors.ts';
import type { ToolchainCall, ToolchainResult } from '../../toolchain/toolchain.ts';
import type { PolicyIo } from './policy-io.ts';

/** A call as a command makes it. */
export type CommandCall = Omit<ToolchainCall, 'cwd' | 'args'> & {
  readonly args: ToolchainCall['args'] | readonly string[];
  /** Keeps the toolchain's stdout back, for the command to show in its own way. */
  readonly quiet?: boolean;
};

/**
 * Runs the toolchain for a command: passes on what it says and its exit code.
 *
 * @returns `undefined` where it is not there or broke; the reason has been told and the exit code is 2
 */
export async function runToolchain(io: PolicyIo, call: CommandCall): Promise<ToolchainResult | undefined> {
  const { args } = call;
  try {
    const result = await io.toolchain.run({ ...call, args: typeof args === 'function' ? args : () => args, cwd: io.cwd });
    if (call.quiet !== true || result.code !== 0) io.out(result.stdout);
    io.err(result.stderr);
    io.exit(result.code);
    return result;
  } catch (error) {
    if (!(error instanceof Breakage)) throw error;
    io.err(`${error.message}\n`);
    if (error.cause instanceof Error) io.err(`${error.cause.message}\n`);
    io.exit(2);
    return undefined;
  }
}

/** Writes `--name value` where there is a value. */
export function flag(name: string, value: string | number | boolean | undefined): readonly string[] {
  if (value === undefined || value === false) return [];
  return value === true ? [`-${name}`] : [`-${name}=${value}`];
}

/** The flag that tells the toolchain which built-ins the gateway has. */
export function hostFlag(io: PolicyIo): readonly string[] {
  return flag('host-builtins', io.hostBuiltins.join(','));
}
