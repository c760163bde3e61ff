import { resolve } from 'node:path';
import { Command } from 'commander';
import type { PolicyIo } from './policy-io.ts';
import { collect, directories, formatOption } from './policy-options.ts';
import { flag, hostFlag, runToolchain } from './run-toolchain.ts';
import { writeWhole } from './write-whole.ts';

interface BuildOptions {
  readonly entrypoint: readonly string[];
  readonly root: readonly string[];
  readonly revision?: string;
  readonly output: string;
  readonly keepPrint: boolean;
  readonly data: boolean;
  readonly format: string;
}

/** Makes `regate policy build`. */
export function makeBuildCommand(io: PolicyIo): Command {
  return new Command('build')
    .description('Check policies and compile them into a bundle that the gateway, and opa, can load.')
    .addArgument(directories())
    .option(
      '-e, --entrypoint <path>',
      'a rule to compile, as gateway/decision/answer, beside those that METADATA marks (repeatable)',
      collect,
      [],
    )
    .option('-r, --revision <text>', "the manifest's revision; otherwise the one in .manifest, otherwise a digest of the content")
    .option('-o, --output <file>', 'the file to write', 'bundle.tar.gz')
    .option(
      '--root <path>',
      'a part of data that the bundle owns, as a/b, in place of .manifest and of what is derived (repeatable)',
      collect,
      [],
    )
    .option('--keep-print', 'keep calls of print; the gateway logs what they say', false)
    .option('--data', 'a bundle that brings data only, to be used beside one that holds the policy', false)
    .addOption(formatOption())
    .action(async (paths: readonly string[], options: BuildOptions) => {
      const name = 'bundle.tar.gz';
      await runToolchain(io, {
        command: 'build',
        paths,
        leaves: [name],
        args: (scratch) => [
          ...hostFlag(io),
          ...flag('format', options.format),
          ...flag('revision', options.revision),
          ...flag('keep-print', options.keepPrint),
          ...flag('data', options.data),
          ...options.entrypoint.flatMap((path) => flag('entrypoint', path)),
          ...options.root.flatMap((path) => flag('root', path)),
          ...flag('output', `${scratch}/${name}`),
          ...paths,
        ],
        keep: ({ files }) => {
          const bundle = files.get(name);
          if (bundle !== undefined) writeWhole(resolve(io.cwd, options.output), bundle);
        },
        show: ({ stdout }) =>
          options.format === 'json'
            ? `${JSON.stringify({ ...(JSON.parse(stdout) as object), output: options.output }, null, 2)}\n`
            : `Wrote ${options.output}: ${stdout}`,
      });
    })
    .addHelpText(
      'after',
      `
The directories are laid out as OPA's bundles are: data.json and data.yaml files at the place in data where they belong, schemas in schemas/.
Tests (*_test.rego) and schemas are not in the bundle. The same content gives the same bytes.

Example:
  regate policy build policies -o bundles/mine.tar.gz
  regate policy build people --data -o bundles/people.tar.gz
`,
    );
}
