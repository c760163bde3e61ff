import { Command } from 'commander';
import type { PolicyIo } from './policy-io.ts';
import { directories, reporting, reportOption } from './policy-options.ts';
import { flag, hostFlag, runToolchain } from './run-toolchain.ts';

/** Makes `regate policy check`. */
export function makeCheckCommand(io: PolicyIo): Command {
  return new Command('check')
    .description('Parse, compile and type-check policies and their tests, and look for what would let requests pass by mistake.')
    .addArgument(directories())
    .addOption(reportOption())
    .action(async (paths: readonly string[], options: { readonly format: string }) => {
      const { asked, ...converted } = reporting(options.format);
      await runToolchain(io, { command: 'check', paths, args: [...hostFlag(io), ...flag('format', asked), ...paths], ...converted });
    })
    .addHelpText(
      'after',
      `
A policy is compiled strictly, with the built-ins that the gateway has, against the schemas in <directory>/schemas. schemas/input.json holds for
every package; METADATA ("schemas: - input: schema.other") names another for its scope. Tests may call any of OPA's built-ins.

What compiles is looked at once more:
  optional-fact  a rule that denies rests on a fact that may be absent, and then denies nothing
  undefined-not  a "not" is undefined, or grants, because a fact is absent
  dead-rule      no entry point reaches the rule
METADATA allows one where it is meant: custom: {regate: {allow: [optional-fact], why: ...}}. The reason is required.

Example:
  regate policy check policies
  regate policy check policies --format sarif > check.sarif
`,
    );
}
