import { hostBuiltinNames } from '../../engine/builtins/registry.ts';
import { readModule, toolchainDirectory } from '../../toolchain/read-module.ts';
import { makeToolchain, type Toolchain } from '../../toolchain/toolchain.ts';

/** What the policy commands touch of the world. */
export interface PolicyIo {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Sets the exit code: 0 all is well, 1 the policies have findings, 2 wrong use or surroundings. */
  readonly exit: (code: number) => void;
  /** Ends the command line at once: after help, or wrong use that the parser found. */
  readonly leave: (code: number) => never;
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Milliseconds of the Unix epoch. */
  readonly now: () => number;
  readonly toolchain: Toolchain;
  /** Names of the built-ins that the gateway lends to policies. */
  readonly hostBuiltins: readonly string[];
}

/** The real world. */
export function systemIo(): PolicyIo {
  return {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    exit: (code) => {
      process.exitCode = code;
    },
    leave: (code) => process.exit(code),
    cwd: process.cwd(),
    environment: process.env,
    now: () => Date.now(),
    toolchain: makeToolchain({ readModule: () => readModule(toolchainDirectory()) }),
    hostBuiltins: hostBuiltinNames,
  };
}
