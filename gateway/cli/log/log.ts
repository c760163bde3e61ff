import { Command } from 'commander';
import { makeContentCommand } from './content.ts';
import { makeContentKeyCommand } from './content-key.ts';
import { makeExplainCommand } from './explain.ts';
import { makeExportCommand } from './export.ts';
import { makeKeygenCommand } from './keygen.ts';
import { makeProveCommand } from './prove.ts';
import { makeSearchCommand } from './search.ts';
import { makeShowCommand } from './show.ts';
import { makeStatsCommand } from './stats.ts';
import { makeTailCommand } from './tail.ts';
import { makeVerifyCommand } from './verify.ts';
import { makeVerifyProofCommand } from './verify-proof.ts';

/** Makes `regate log`. */
export function makeLogCommand(): Command {
  return new Command('log')
    .description('Read, search, check, prove and explain the decision log.')
    .addCommand(makeShowCommand())
    .addCommand(makeSearchCommand())
    .addCommand(makeStatsCommand())
    .addCommand(makeTailCommand())
    .addCommand(makeExportCommand())
    .addCommand(makeExplainCommand())
    .addCommand(makeVerifyCommand())
    .addCommand(makeProveCommand())
    .addCommand(makeVerifyProofCommand())
    .addCommand(makeKeygenCommand())
    .addCommand(makeContentCommand())
    .addCommand(makeContentKeyCommand());
}
