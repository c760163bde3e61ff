import type { Timing } from './measure.ts';

/** A place in the policies that takes time in each decision. */
export interface Cost {
  readonly message: string;
  readonly location: { readonly file: string; readonly row: number };
  readonly help: readonly string[];
}

export interface TimingReport {
  readonly revision: string;
  readonly entrypoint: string;
  readonly runs: number;
  readonly budget_us?: number;
  readonly timings: readonly Timing[];
  /** Known for a directory only. */
  readonly costs?: readonly Cost[];
}

/** Writes timings for people: a line for each input. */
export function describeTimings({ revision, entrypoint, runs, budget_us: budget, timings, costs = [] }: TimingReport): string {
  const rows = timings.map((timing) => [
    timing.title,
    `${timing.input_bytes} B`,
    timing.failed === undefined ? `p50 ${timing.p50_us} µs` : 'FAILS',
    timing.failed === undefined
      ? `p99 ${timing.p99_us} µs${budget !== undefined && timing.p99_us > budget ? '  OVER THE BUDGET' : ''}`
      : timing.failed,
    answerOf(timing),
  ]);
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd());
  const budgetLine = budget === undefined ? [] : [`The budget is ${budget} µs for the p99 of each input.`];
  return `${[`${entrypoint}, revision ${revision}, ${runs} evaluations of each input`, ...lines, ...budgetLine, ...costs.flatMap(describeCost)].join('\n')}\n`;
}

function describeCost({ message, location, help }: Cost): readonly string[] {
  return [`${location.file}:${location.row}: cost: ${message}`, ...help.map((line) => `\thelp: ${line}`)];
}

function answerOf({ failed, allow, codes }: Timing): string {
  if (failed !== undefined) return '';
  const verdict = allow === undefined ? 'answered' : allow ? 'allow' : 'deny';
  return codes.length === 0 ? verdict : `${verdict}: ${codes.join(', ')}`;
}
