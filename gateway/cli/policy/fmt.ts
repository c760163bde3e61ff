import { Argument, Command, Option } from 'commander';
import type { PolicyIo } from './policy-io.ts';
import { formatOption } from './policy-options.ts';
import { flag, runToolchain } from './run-toolchain.ts';

interface FmtOptions {
  readonly diff: boolean;
  readonly write: boolean;
  readonly format: string;
}

/** Makes `regate policy fmt`. */
export function makeFmtCommand(io: PolicyIo): Command {
  return new Command('fmt')
    .description("List Rego files that are not in OPA's format, show what would change, or rewrite them.")
    .addArgument(new Argument('[path...]', 'files or directories').default(['policies']))
    .addOption(new Option('-d, --diff', 'show what would change').default(false).conflicts('write'))
    .option('-w, --write', 'rewrite the files', false)
    .addOption(formatOption())
    .action(async (paths: readonly string[], options: FmtOptions) => {
      const { diff, write, format } = options;
      await runToolchain(io, {
        command: 'fmt',
        paths,
        args: [...flag('format', format), ...flag('diff', diff), ...flag('write', write), ...paths],
      });
    })
    .addHelpText('after', '\nWithout -w the exit code is 1 when a file is listed, for CI.\n\nExample:\n  regate policy fmt -w policies\n');
}
