import { Command, type CommanderError } from 'commander';
import { makeBenchCommand } from './bench.ts';
import { makeBuildCommand } from './build.ts';
import { makeCapabilitiesCommand } from './capabilities.ts';
import { makeCheckCommand } from './check.ts';
import { makeDiffCommand } from './diff.ts';
import { makeEvalCommand } from './eval.ts';
import { makeFmtCommand } from './fmt.ts';
import { makeInspectCommand } from './inspect.ts';
import { makeNewCommand } from './new.ts';
import { type PolicyIo, systemIo } from './policy-io.ts';
import { makePromoteCommand } from './promote.ts';
import { makePushCommand } from './push.ts';
import { makeReplayCommand } from './replay.ts';
import { makeReleaseCommand, makeRevisionsCommand, makeRollbackCommand } from './rollback.ts';
import { makeTestCommand } from './run-tests.ts';
import { makeSignCommand } from './sign.ts';
import { makeVerifyCommand } from './verify.ts';

/** Makes `regate policy`, with a command for each step from the first rule to the signed bundle. Exit codes: see {@link PolicyIo}. */
export function makePolicyCommand(io: PolicyIo = systemIo()): Command {
  const policy = new Command('policy')
    .description('Write, test and build policies. OPA is built in: neither Go nor opa is needed.')
    .addHelpText('after', '\nExit codes: 0 all is well, 1 the policies have findings, 2 wrong use or surroundings.\n');
  const makers = [
    makeNewCommand,
    makeBuildCommand,
    makeCheckCommand,
    makeTestCommand,
    makeFmtCommand,
    makeEvalCommand,
    makeInspectCommand,
    makeBenchCommand,
    makeCapabilitiesCommand,
    makeRevisionsCommand,
    makeRollbackCommand,
    makeReleaseCommand,
    makeSignCommand,
    makeVerifyCommand,
    makeDiffCommand,
    makePushCommand,
    makeReplayCommand,
    makePromoteCommand,
  ];
  // The parser's own code for wrong use is 1, which here means findings.
  const leave = (error: CommanderError) => io.leave(error.exitCode === 0 ? 0 : 2);
  for (const make of makers) policy.addCommand(make(io).exitOverride(leave));
  return policy.exitOverride(leave);
}
