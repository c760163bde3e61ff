import { Command } from 'commander';
import { makeShowCommand } from './show.ts';
import { makeVerifyCommand } from './verify.ts';

/** Makes `regate log`. */
export function makeLogCommand(): Command {
  return new Command('log').description('Read and check the decision log.').addCommand(makeShowCommand()).addCommand(makeVerifyCommand());
}
