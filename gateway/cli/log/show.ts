import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { defaultDirectory } from './default-directory.ts';
import { findDecisions, type Wanted } from './find-decisions.ts';
import { renderDecision } from './render-decision.ts';
import { requireDirectory } from './require-directory.ts';

interface ShowOptions extends Omit<Wanted, 'id'> {
  readonly directory: string;
  readonly last: number;
  readonly json?: true;
}

/** Makes `regate log show`. */
export function makeShowCommand(): Command {
  return new Command('show')
    .description('Show decisions: who asked, what was decided and why, where it went, how it ended.')
    .argument('[id]', 'a decision id (x-regate-decision-id of an answer) or a request id')
    .option('--directory <dir>', 'where the segments are', defaultDirectory)
    .option('--last <n>', 'how many at most, the newest; 0 for all', parseCount, 10)
    .option('--person <id>', "only where this id stands in the chain, e.g. okta:00u1; it may also be a service's or an agent's")
    .option('--code <code>', 'only with this code of a refusal or a reason, e.g. device.unmanaged')
    .option('--denied', 'only what was refused')
    .option('--json', 'print the lines as they stand in the log')
    .addHelpText('after', '\nExamples:\n  regate log show --last 3\n  regate log show --person okta:00u1 --denied\n')
    .action(show);
}

async function show(id: string | undefined, { directory, last, json, person, code, denied }: ShowOptions): Promise<void> {
  await requireDirectory(directory);
  const wanted = { ...(id && { id }), ...(person && { person }), ...(code && { code }), ...(denied && { denied }) };
  const found = await findDecisions(resolve(directory), wanted, last);
  if (found.length === 0) {
    process.stderr.write('No decision on record matches.\n');
    process.exitCode = 1;
    return;
  }
  for (const decision of found) process.stdout.write(json ? `${decision.lines.join('\n')}\n` : `${renderDecision(decision)}\n\n`);
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 0) throw new InvalidArgumentError('a count is a whole number, 0 for all');
  return count;
}
