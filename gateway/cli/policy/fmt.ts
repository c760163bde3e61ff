import { resolve } from 'node:path';
import { Argument, Command, Option } from 'commander';
import type { PolicyIo } from './policy-io.ts';
import { formatOption } from './policy-options.ts';
import { flag, runToolchain } from './run-toolchain.ts';
import { writeWhole } from './write-whole.ts';

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
    .option('-l, --list', 'list them, which is what happens without -d and -w', false)
    .addOption(new Option('-d, --diff', 'show what would change').default(false).conflicts('write'))
    .option('-w, --write', 'rewrite the files', false)
    .addOption(formatOption())
    .action(async (paths: readonly string[], options: FmtOptions) => {
      const { diff, write, format } = options;
      const name = 'formatted.json';
      await runToolchain(io, {
        command: 'fmt',
        paths,
        leaves: [name],
        args: (scratch) => [
          ...flag('format', format),
          ...flag('diff', diff),
          ...flag('formatted', write ? `${scratch}/${name}` : undefined),
          ...paths,
        ],
        keep: ({ files }) => {
          const texts = JSON.parse(Buffer.from(files.get(name) ?? Buffer.from('[]')).toString()) as { file: string; text: string }[];
          for (const { file, text } of texts) writeWhole(resolve(io.cwd, file), text);
        },
      });
    })
    .addHelpText('after', '\nWithout -w the exit code is 1 when a file is listed, for CI.\n\nExample:\n  regate policy fmt -w policies\n');
}
