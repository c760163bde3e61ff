import { resolve } from 'node:path';
import { Command } from 'commander';
import { localFileSystem } from '../../ledger/file-system.ts';
import { tailLog } from '../../search/tail.ts';
import { defaultDirectory } from './default-directory.ts';
import { renderDecision } from './render-decision.ts';
import { requireDirectory } from './require-directory.ts';
import { toFound } from './search.ts';

/** Makes `regate log tail`. */
export function makeTailCommand(): Command {
  return new Command('tail')
    .description('Follow the log from now on: each record once it is on the disk.')
    .option('--directory <dir>', 'where the segments are', defaultDirectory)
    .option('--json', 'print the lines as they stand in the log', false)
    .action(async ({ directory, json }: { readonly directory: string; readonly json: boolean }) => {
      await requireDirectory(directory);
      const ended = new AbortController();
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ended.abort());
      for await (const line of tailLog({ directory: resolve(directory), files: localFileSystem, signal: ended.signal })) {
        if (json) process.stdout.write(`${line}\n`);
        else {
          const text = renderDecision(toFound([line]));
          if (text !== '') process.stdout.write(`${text}\n\n`);
        }
      }
    });
}
