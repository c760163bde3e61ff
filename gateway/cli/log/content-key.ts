import { randomBytes } from 'node:crypto';
import { appendFileSync, closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { Command } from 'commander';
import { readContentKeys } from '../../ledger/content-keys.ts';

/** Makes `regate log content-key`. */
export function makeContentKeyCommand(): Command {
  return new Command('content-key')
    .description('Add a key for content to a key file: from then on it encrypts, and the older ones go on to decrypt.')
    .argument('<file>', 'the key file (record.content.key_file); made, for its owner only, where it is missing')
    .addHelpText(
      'after',
      '\nKeep a copy of the file elsewhere: without its key, content is lost. A running gateway takes a new key at once.\n',
    )
    .action(addKey);
}

function addKey(file: string): void {
  if (existsSync(file)) readContentKeys(readFileSync(file, 'utf8'));
  else closeSync(openSync(file, 'wx', 0o600));
  appendFileSync(file, `${randomBytes(32).toString('base64')}\n`);
  const keys = readContentKeys(readFileSync(file, 'utf8'));
  for (const [index, { id }] of keys.entries()) process.stdout.write(`${id}  ${index === keys.length - 1 ? 'encrypts' : 'decrypts'}\n`);
}
