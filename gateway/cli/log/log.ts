import { Command } from 'commander';
import { makeContentCommand } from './content.ts';
import { makeContentKeyCommand } from './content-key.ts';
import { makeExplainCommand } from './explain.ts';
import { makeKeygenCommand } from './keygen.ts';
import { makeProveCommand } from './prove.ts';
import { makeShowCommand } from './show.ts';
import { makeVerifyCommand } from './verify.ts';
import { makeVerifyProofCommand } from './verify-proof.ts';

/** Makes `regate log`. */
export function makeLogCommand(): Command {
  return new Command('log')
    .description('Read, check, prove and explain the decision log.')
    .addCommand(makeShowCommand())
    .addCommand(makeExplainCommand())
    .addCommand(makeVerifyCommand())
    .addCommand(makeProveCommand())
    .addCommand(makeVerifyProofCommand())
    .addCommand(makeKeygenCommand())
    .addCommand(makeContentCommand())
    .addCommand(makeContentKeyCommand());
}
