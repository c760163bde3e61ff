import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { localFileSystem } from '../../ledger/file-system.ts';
import { proveDecision } from '../../ledger/proof.ts';
import { defaultDirectory } from './default-directory.ts';
import { requireDirectory } from './require-directory.ts';

interface ProveOptions {
  readonly directory: string;
  readonly out?: string;
}

/** Makes `regate log prove`. Exit code 0: proofs were written. 1: there is no such record, or no checkpoint covers it yet. */
export function makeProveCommand(): Command {
  return new Command('prove')
    .description('Write the proof that the records of a decision stood in the log when a checkpoint was signed.')
    .argument('<id>', 'a decision id (x-regate-decision-id of an answer)')
    .option('--directory <dir>', 'where the segments are', defaultDirectory)
    .option('--out <file>', 'write it there instead of to standard output')
    .addHelpText(
      'after',
      '\nThe proof holds the records themselves and nothing of others. Check it with: regate log verify-proof FILE --keys KEYS.pub\n',
    )
    .action(prove);
}

async function prove(id: string, { directory, out }: ProveOptions): Promise<void> {
  await requireDirectory(directory);
  const proofs = await proveDecision(localFileSystem, resolve(directory), id);
  if ('why' in proofs) {
    process.stderr.write(`${proofs.why}\n`);
    process.exitCode = 1;
    return;
  }
  const text = `${JSON.stringify({ schema: 'regate.proofs/1', decision_id: id, proofs }, null, 2)}\n`;
  if (out === undefined) process.stdout.write(text);
  else writeFileSync(out, text, { mode: 0o600 });
}
