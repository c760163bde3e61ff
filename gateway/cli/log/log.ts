import { Command } from 'commander';
import { makeExplainCommand } from './explain.ts';
import { makeShowCommand } from './show.ts';
import { makeVerifyCommand } from './verify.ts';

/** Makes `regate log`. */
export function makeLogCommand(): Command {
  return new Command('log')
    .description('Read, check and explain the decision log.')
    .addCommand(makeShowCommand())
    .addCommand(makeExplainCommand())
    .addCommand(makeVerifyCommand());
}
