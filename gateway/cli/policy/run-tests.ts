import { Command, InvalidArgumentError } from 'commander';
import type { PolicyIo } from './policy-io.ts';
import { directories, reporting, reportOption } from './policy-options.ts';
import { flag, runToolchain } from './run-toolchain.ts';

interface TestOptions {
  readonly run?: string;
  readonly coverage: boolean;
  readonly threshold?: number;
  readonly verbose: boolean;
  readonly format: string;
}

/** Makes `regate policy test`. */
export function makeTestCommand(io: PolicyIo): Command {
  return new Command('test')
    .description('Run the tests of policies: rules named test_... in files named ..._test.rego.')
    .addArgument(directories())
    .option('--run <regex>', 'run only tests whose full name matches')
    .option('--coverage', 'report the lines of the policies that no test reaches', false)
    .option('--threshold <percent>', 'fail when less of the lines is reached; implies --coverage', parsePercent)
    .option('-v, --verbose', 'show every test, and a trace of failures', false)
    .addOption(reportOption())
    .action(async (paths: readonly string[], options: TestOptions) => {
      const { run, coverage, threshold, verbose, format } = options;
      const { asked, ...converted } = reporting(format, threshold);
      await runToolchain(io, {
        ...converted,
        command: 'test',
        paths,
        args: [
          ...flag('format', asked),
          ...flag('run', run),
          ...flag('coverage', coverage),
          ...flag('threshold', threshold),
          ...flag('verbose', verbose),
          ...paths,
        ],
      });
    })
    .addHelpText(
      'after',
      '\nExample:\n  regate policy test policies --threshold 100\n  regate policy test policies --run hours -v\n  regate policy test policies --format junit > tests.xml\n',
    );
}

function parsePercent(text: string): number {
  const percent = Number(text);
  if (text.trim() === '' || !(percent >= 0 && percent <= 100)) throw new InvalidArgumentError('Expected a percentage, 0 to 100.');
  return percent;
}
