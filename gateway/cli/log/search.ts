import { resolve } from 'node:path';
import { Command } from 'commander';
import { localFileSystem } from '../../ledger/file-system.ts';
import { readFound } from '../../search/read-found.ts';
import type { AdministrativeRecord, DecidedRecord, DeliveredRecord } from '../../vocabulary/record.ts';
import type { LogHit } from '../../vocabulary/search.ts';
import type { Found } from './find-decisions.ts';
import { openIndex } from './open-index.ts';
import { type QueryOptions, readQuery, withQuery } from './query-options.ts';
import { renderDecision, safeText } from './render-decision.ts';

interface SearchOptions extends QueryOptions {
  readonly limit: number;
  readonly full: boolean;
  readonly json: boolean;
}

/** Makes `regate log search`. */
export function makeSearchCommand(): Command {
  return withQuery(new Command('search'))
    .description('Find decisions and administrative actions by who, what, why and when; the newest first.')
    .option('--limit <n>', 'how many at most', Number, 50)
    .option('--full', 'the whole record of each, not a line', false)
    .option('--json', 'lines as they stand in the log', false)
    .addHelpText(
      'after',
      '\nExamples:\n  regate log search --person okta:00u1 --day 2026-03-02\n  regate log search --code device.unmanaged --since 24h\n  regate log search --action "keys.*" --full\n',
    )
    .action(async (options: SearchOptions) => {
      const { directory, limit, full, json } = options;
      const index = await openIndex(directory, options.index);
      try {
        const { hits, next } = index.search(readQuery(options), limit);
        if (hits.length === 0) {
          process.stderr.write('Nothing on record matches.\n');
          process.exitCode = 1;
        } else if (full || json) {
          for (const found of await readFound(localFileSystem, resolve(directory), hits)) {
            const lines = [found.record, ...(found.delivered === undefined ? [] : [found.delivered])];
            process.stdout.write(json ? `${lines.join('\n')}\n` : `${renderDecision(toFound(lines))}\n\n`);
          }
        } else {
          for (const hit of hits) process.stdout.write(`${safeText(describeHit(hit))}\n`);
        }
        if (next !== undefined)
          process.stderr.write(`There are more; the last shown is of ${hits.at(-1)?.timestamp}. Use --until or --limit.\n`);
      } finally {
        index.close();
      }
    });
}

export function toFound(lines: readonly string[]): Found {
  const [record, delivered] = lines.map((line) => JSON.parse(line) as DecidedRecord | AdministrativeRecord | DeliveredRecord);
  if (record?.kind === 'administrative') return { administrative: record, lines };
  return {
    ...(record?.kind === 'decided' ? { decided: record } : {}),
    ...(delivered?.kind === 'delivered' ? { delivered } : {}),
    lines,
  };
}

function describeHit(hit: LogHit): string {
  const who = hit.originator === hit.caller ? hit.originator : `${hit.originator} via ${hit.caller}`;
  const what = hit.action ?? `${hit.operation ?? '?'} ${hit.model ?? ''}`.trim();
  const tokens = hit.output_tokens === undefined ? '' : `${hit.input_tokens ?? '?'}+${hit.output_tokens} tokens`;
  const parts = [
    hit.timestamp,
    hit.decision.padEnd(5),
    hit.code ?? hit.outcome ?? '',
    who ?? 'unknown caller',
    what,
    tokens,
    hit.decision_id,
  ];
  return parts.filter((part) => part !== '').join('  ');
}
