import { Breakage } from '../../errors.ts';
import type { ToolchainCall, ToolchainResult } from '../../toolchain/toolchain.ts';
import type { PolicyIo } from './policy-io.ts';
import type { ToolchainReport } from './reports/toolchain-report.ts';

/** A call as a command makes it. */
export type CommandCall = Omit<ToolchainCall, 'cwd' | 'args'> & {
  readonly args: ToolchainCall['args'] | readonly string[];
  /** Shows the report in a way of its own, in place of what the toolchain writes to stdout; called where there are no findings. */
  readonly show?: (result: ToolchainResult) => string | Promise<string>;
  /** Turns the JSON that the toolchain reports, findings or not, into what is printed. */
  readonly convert?: (report: ToolchainReport) => string;
  /** Does what is to be done with the files that the toolchain left, whether there are findings or not. */
  readonly keep?: (result: ToolchainResult) => void;
};

/**
 * Runs the toolchain for a command: passes on what it says and its exit code. Where it is not there, breaks, or its result cannot be used, the
 * reason goes to stderr and the exit code is 2.
 */
export async function runToolchain(io: PolicyIo, call: CommandCall): Promise<void> {
  const { args, show, convert, keep } = call;
  try {
    const result = await io.toolchain.run({ ...call, args: typeof args === 'function' ? args : () => args, cwd: io.cwd });
    io.err(result.stderr);
    keep?.(result);
    // With exit code 2 there is no report: what is wrong has been said on stderr.
    if (convert !== undefined) io.out(result.stdout === '' ? '' : convert(JSON.parse(result.stdout) as ToolchainReport));
    else io.out(result.code === 0 && show !== undefined ? await show(result) : result.stdout);
    io.exit(result.code);
  } catch (error) {
    if (!(error instanceof Breakage)) throw error;
    const cause = error.cause instanceof Error ? `${error.cause.message}\n` : '';
    io.err(`${error.message}\n${cause}`);
    io.exit(2);
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
