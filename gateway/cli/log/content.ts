import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { Breakage } from '../../errors.ts';
import { readContentKeys } from '../../ledger/content-keys.ts';
import { nameContent } from '../../ledger/content-store.ts';
import { openContent } from '../../ledger/sealed-content.ts';
import type { ContentPart } from '../../vocabulary/content.ts';
import { defaultDirectory } from './default-directory.ts';
import { findDecisions } from './find-decisions.ts';
import { requireDirectory } from './require-directory.ts';

interface ContentOptions {
  readonly key: string;
  readonly content: string;
  readonly directory: string;
  readonly part: ContentPart;
}

/** Makes `regate log content`. Exit code 0: it was read and is what the record knows. 1: there is none, or it is not. 2: it could not be read. */
export function makeContentCommand(): Command {
  return new Command('content')
    .description('Decrypt what was kept of a prompt or an answer, and compare it with the record.')
    .argument('<id>', 'a decision id (x-regate-decision-id of an answer)')
    .requiredOption('--key <file>', 'the key file (record.content.key_file)')
    .requiredOption('--content <dir>', 'where content lies (record.content.directory)')
    .option('--directory <dir>', 'where the segments of the decision log are', defaultDirectory)
    .addOption(new Option('--part <part>', 'which half').choices(['prompt', 'answer']).default('prompt'))
    .addHelpText('after', '\nThe content goes to standard output as it was, byte for byte; everything else to standard error.\n')
    .action(content);
}

async function content(id: string, { key, content: place, directory, part }: ContentOptions): Promise<void> {
  const path = findFile(place, nameContent({ decisionId: id, part }));
  if (path === undefined) return fail(`No ${part} of this decision lies in ${place}: it was not kept, or has had its days.`);
  const opened = open(path, id, part, key);
  await requireDirectory(directory);
  const [found] = await findDecisions(resolve(directory), { id }, 1);
  const mark = part === 'prompt' ? found?.decided?.content : found?.delivered?.content;
  if (mark === undefined) return fail(`The decision log holds no digest of this ${part}, so it cannot be vouched for.`);
  if (mark.digest !== opened.key.digest(opened.bytes)) return fail(`This is not the ${part} that the record knows.`);
  process.stdout.write(opened.bytes);
  process.stderr.write(`${opened.bytes.length} bytes, as the record has it${mark.truncated ? '; there was more than was kept' : ''}\n`);
}

function open(path: string, decisionId: string, part: ContentPart, keyFile: string) {
  try {
    return openContent(readFileSync(path), { decisionId, part }, readContentKeys(readFileSync(keyFile, 'utf8')));
  } catch (cause) {
    if (cause instanceof TypeError) throw new Breakage('record.content-unavailable', `${path}: ${cause.message}`, { cause });
    throw cause;
  }
}

/** Content lies in a directory for each day. */
function findFile(place: string, name: string): string | undefined {
  for (const day of readdirSync(place).sort().reverse()) {
    if (readdirSync(join(place, day)).includes(name)) return join(place, day, name);
  }
  return undefined;
}

function fail(message: string): void {
  process.stderr.write(`${message}\n`);
  process.exitCode = 1;
}
