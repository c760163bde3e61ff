import { once } from 'node:events';
import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { localFileSystem } from '../../ledger/file-system.ts';
import { readFound } from '../../search/read-found.ts';
import type { LogHit } from '../../vocabulary/search.ts';
import { openIndex } from './open-index.ts';
import { type QueryOptions, readQuery, withQuery } from './query-options.ts';

interface ExportOptions extends QueryOptions {
  readonly format: 'ndjson' | 'csv';
}

const page = 1000;
const columns = [
  ...(['timestamp', 'kind', 'decision_id', 'request_id', 'decision', 'code', 'originator', 'caller', 'operation', 'action'] as const),
  ...(['model', 'backend', 'revision', 'outcome', 'status', 'input_tokens', 'output_tokens'] as const),
] as const satisfies readonly (keyof LogHit)[];

/** Makes `regate log export`. */
export function makeExportCommand(): Command {
  return withQuery(new Command('export'))
    .description(
      'Write what matches to standard output, the newest first: records as they stand in the log, or a table of their main fields.',
    )
    .addOption(new Option('--format <format>', 'whole records, or a table').choices(['ndjson', 'csv']).default('ndjson'))
    .addHelpText('after', '\nExample:\n  regate log export --person okta:00u1 --since 2026-03-01 --format csv > ada.csv\n')
    .action(async (options: ExportOptions) => {
      const { directory, format } = options;
      const index = await openIndex(directory, options.index);
      try {
        if (format === 'csv') await write(`${columns.join(',')}\r\n`);
        for (let cursor: string | undefined; ; ) {
          const { hits, next } = index.search(readQuery(options), page, cursor);
          if (format === 'csv') await write(hits.map(toCsv).join(''));
          else {
            for (const { record, delivered } of await readFound(localFileSystem, resolve(directory), hits)) {
              await write(`${record}\n${delivered === undefined ? '' : `${delivered}\n`}`);
            }
          }
          if (next === undefined) return;
          cursor = next;
        }
      } finally {
        index.close();
      }
    });
}

async function write(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}

/** RFC 4180. A cell that a spreadsheet would take for a formula is told apart by an apostrophe: a caller writes a model's name. */
function toCsv(hit: LogHit): string {
  const cells = columns.map((column) => {
    const text = String(hit[column] ?? '');
    const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
  });
  return `${cells.join(',')}\r\n`;
}
