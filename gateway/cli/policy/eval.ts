import { Command, Option } from 'commander';
import type { PolicyIo } from './policy-io.ts';
import { collect, formatOption } from './policy-options.ts';
import { flag, hostFlag, runToolchain } from './run-toolchain.ts';

interface EvalOptions {
  readonly entrypoint?: string;
  readonly policies: readonly string[];
  readonly input?: string;
  readonly data: readonly string[];
  readonly explain?: string | true;
  readonly format: string;
}

const defaultEntrypoint = 'gateway/decision/answer';

/** Makes `regate policy eval`. */
export function makeEvalCommand(io: PolicyIo): Command {
  return new Command('eval')
    .description('Ask policies one question, and see how they came to their answer.')
    .argument('[query]', `a Rego query; without one, ${defaultEntrypoint} is asked`)
    .addOption(new Option('-e, --entrypoint <path>', 'the rule to ask, as a/b/c'))
    .option('-p, --policies <directory>', 'a directory of policies (repeatable)', collect, [])
    .option('-i, --input <file>', 'the input, JSON or YAML')
    .option('-d, --data <file>', 'JSON or YAML to merge into data, such as regate.backends (repeatable)', collect, [])
    .addOption(
      new Option('--explain [how]', "say which rules held and why the others did not (rules), or print OPA's trace (the others)").choices([
        'rules',
        'notes',
        'fails',
        'full',
        'debug',
      ]),
    )
    .addOption(formatOption())
    .action(async (query: string | undefined, options: EvalOptions) => {
      const { input, data, explain, format } = options;
      if (query !== undefined && options.entrypoint !== undefined) {
        io.err('Give a query or an entry point, and not both.\n');
        io.exit(2);
        return;
      }
      const policies = options.policies.length === 0 ? ['policies'] : options.policies;
      const entrypoint = query === undefined ? (options.entrypoint ?? defaultEntrypoint) : undefined;
      await runToolchain(io, {
        command: 'eval',
        paths: [...policies, ...data, ...(input === undefined ? [] : [input])],
        args: [
          ...hostFlag(io),
          ...flag('format', format),
          ...flag('query', query),
          ...flag('entrypoint', entrypoint),
          ...flag('input', input),
          ...data.flatMap((file) => flag('data', file)),
          ...flag('explain', explain === true ? 'rules' : explain),
          ...policies,
        ],
      });
    })
    .addHelpText(
      'after',
      `
The policies run in OPA's interpreter, which can trace. An undefined answer is exit code 1.

Example:
  regate policy eval --input request.json --explain
  regate policy eval 'data.roles' -p policies
`,
    );
}
