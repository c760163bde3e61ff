import type { PolicyStamp } from '../../../vocabulary/decision.ts';
import { describeChange } from './describe-change.ts';
import type { Change } from './replay-record.ts';
import type { Groups, Tally } from './tally.ts';

export interface ReplayReport {
  readonly candidate: PolicyStamp;
  readonly passed: boolean;
  /** Why not. */
  readonly findings: readonly string[];
  readonly seconds: number;
  /** Policies saw no backends. */
  readonly without_catalogue: boolean;
  readonly tally: Tally;
}

const mostRows = 30;
const mostExamples = 20;

/** How a table and a heading look. */
interface Form {
  heading(text: string): string;
  table(head: readonly string[], rows: readonly (readonly string[])[]): string;
}

// The log holds what callers wrote (a model's name); at a terminal it must not act, and in Markdown it must stay text.
const control = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;
const safe = (text: string): string => text.replace(control, (found) => `\\u${(found.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`);
const marks = /[\\`*_{}[\]<>#|&!]/g;

const terminal: Form = {
  heading: (text) => text,
  table(_head, rows) {
    const widths = rows.reduce<number[]>((all, row) => row.map((cell, column) => Math.max(all[column] ?? 0, cell.length)), []);
    return rows
      .map((row) => `  ${row.map((cell, column) => cell[column === 0 ? 'padStart' : 'padEnd'](widths[column] ?? 0)).join('  ')}`.trimEnd())
      .join('\n');
  },
};

const markdown: Form = {
  heading: (text) => `## ${text}`,
  table: (head, rows) =>
    [head, head.map(() => '---'), ...rows.map((row) => row.map((cell) => cell.replace(marks, '\\$&')))]
      .map((row) => `| ${row.join(' | ')} |`)
      .join('\n'),
};

/** Writes a replay for people. */
export function renderReplay(report: ReplayReport, kind: 'terminal' | 'markdown' = 'terminal'): string {
  const form = kind === 'terminal' ? terminal : markdown;
  const { candidate, tally, seconds, findings } = report;
  const rate = seconds > 0 ? `, ${Math.round(tally.decisions / seconds)} a second` : '';
  const parts = [
    ...(kind === 'markdown' ? [`# Replay of recorded decisions`] : []),
    `Candidate: ${safe(candidate.bundle)} ${safe(candidate.revision)} (${candidate.digest.slice(0, 12)})`,
    `${tally.decisions} recorded decisions${tally.first === undefined ? '' : ` from ${tally.first} to ${tally.last}`}, asked again in ${seconds.toFixed(1)} s${rate}`,
    `${tally.compared} compared: ${tally.compared - tally.changed} as before, ${tally.changed} WOULD CHANGE; ${tally.inexact} cannot be asked exactly; in ${tally.not_asked} the policy was not asked`,
    ...(tally.changed === 0 ? [] : [countsTable(form, 'What would change', tally.by_change)]),
    ...groupsTable(form, 'By reason (+ comes, - goes)', tally.by_reason),
    ...groupsTable(form, 'By team', tally.by_team),
    ...groupsTable(form, 'By model', tally.by_model),
    ...(tally.inexact === 0
      ? []
      : [`${countsTable(form, 'Cannot be replayed exactly: this was masked or is missing', tally.why_inexact)}`]),
    ...notes(tally, report.without_catalogue),
    ...examples(form, tally.changes, tally.changed),
    ...findings.map((finding) => `NOT PASSED: ${finding}`),
  ];
  return `${parts.join('\n\n')}\n`;
}

function countsTable(form: Form, title: string, counts: Partial<Record<string, number>>): string {
  const rows = Object.entries(counts).sort(([, one = 0], [, other = 0]) => other - one);
  return `${form.heading(title)}\n${form === markdown ? '\n' : ''}${form.table(['decisions', ''], limited(rows.map(([name, times]) => [`${times}`, safe(name)])))}`;
}

function groupsTable(form: Form, title: string, groups: Groups): readonly string[] {
  const sum = (kinds: Groups[string]) => Object.values(kinds).reduce((all, times) => all + times, 0);
  const rows = Object.entries(groups)
    .sort(([, one], [, other]) => sum(other) - sum(one))
    .map(([name, kinds]) => [
      `${sum(kinds)}`,
      safe(name),
      Object.entries(kinds)
        .map(([kind, times]) => `${times} ${kind}`)
        .join(', '),
    ]);
  if (rows.length === 0) return [];
  return [`${form.heading(title)}\n${form === markdown ? '\n' : ''}${form.table(['changes', '', ''], limited(rows))}`];
}

function limited(rows: readonly (readonly string[])[]): readonly (readonly string[])[] {
  if (rows.length <= mostRows) return rows;
  return [...rows.slice(0, mostRows), ['', `and ${rows.length - mostRows} more`, ''].slice(0, rows[0]?.length)];
}

function notes({ clock, other_catalogue: other }: Tally, without: boolean): readonly string[] {
  return [
    ...(clock === 0
      ? []
      : [
          `In ${clock} the candidate looks at the clock and the recorded decision had not: it was told the time of the record, milliseconds later.`,
        ]),
    ...(without
      ? ['No catalogue was given (--config): rules that read data.regate.backends see none, and routes are compared as policies name them.']
      : []),
    ...(other === 0
      ? []
      : [`${other} were made over another catalogue of models and backends than the one given: what differs may be due to that.`]),
  ];
}

function examples(form: Form, changes: readonly Change[], changed: number): readonly string[] {
  if (changes.length === 0) return [];
  const shown = changes.slice(0, mostExamples);
  const title = changed > shown.length ? `The first ${shown.length} of them` : 'These are they';
  const rows = shown.map((change) => [change.timestamp, change.decision_id, safe(change.model ?? ''), safe(describeChange(change))]);
  return [`${form.heading(title)}\n${form === markdown ? '\n' : ''}${form.table(['time', 'decision', 'model', 'was, would be'], rows)}`];
}
