import { Command, Option } from 'commander';
import type { LogCount, StatisticsBy } from '../../vocabulary/search.ts';
import { openIndex } from './open-index.ts';
import { type QueryOptions, readQuery, withQuery } from './query-options.ts';
import { safeText } from './render-decision.ts';

interface StatsOptions extends QueryOptions {
  readonly by: StatisticsBy;
  readonly limit: number;
  readonly json: boolean;
}

const ways: readonly StatisticsBy[] = ['day', 'principal', 'model', 'code', 'revision', 'backend', 'action', 'decision'];

/** Makes `regate log stats`. */
export function makeStatsCommand(): Command {
  return withQuery(new Command('stats'))
    .description('Count decisions, refusals and tokens by day, person, model, reason, revision, backend, action or decision.')
    .addOption(new Option('--by <what>', 'what to count by').choices(ways).default('day'))
    .option('--limit <n>', 'how many rows at most', Number, 50)
    .option('--json', 'as JSON', false)
    .addHelpText('after', '\nExample:\n  regate log stats --by code --since 7d --decision deny\n')
    .action(async (options: StatsOptions) => {
      const index = await openIndex(options.directory, options.index);
      try {
        const counts = index.count(options.by, readQuery(options), options.limit);
        process.stdout.write(options.json ? `${JSON.stringify({ by: options.by, counts }, null, 2)}\n` : renderTable(options.by, counts));
      } finally {
        index.close();
      }
    });
}

function renderTable(by: StatisticsBy, counts: readonly LogCount[]): string {
  const headings = [by.toUpperCase(), 'DECISIONS', 'REFUSED', 'TOKENS IN', 'TOKENS OUT'];
  const rows = counts.map(({ value, count, denied, input_tokens: input, output_tokens: output }) => [
    safeText(value),
    ...[count, denied, input, output].map(String),
  ]);
  const widths = headings.map((heading, column) => Math.max(heading.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  ');
  return `${[headings, ...rows].map(line).join('\n')}\n`;
}
