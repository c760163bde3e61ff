import type { DecideResult } from './decide.ts';
import type { ProfileSummary, Share } from './profile.ts';
import type { LoadResult, ProxyResult, Side } from './proxy.ts';
import type { RecordResult } from './record.ts';
import type { VerifyResult } from './verify.ts';

/** Lines up columns; the first is text, the others are numbers. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)));
  const line = (cells: readonly string[]) =>
    cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  ');
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

export function renderProxy(result: ProxyResult): string {
  const { loads, records, requests, errors, complaints, residentMiB, node } = result;
  const parts = [
    `CPU per request, ours against Express and http-proxy-middleware with nothing between them (Node ${node.slice(1)}, TLS on both sides)`,
    table(['', 'µs/request', 'kernel', 'main thread', 'req/s', 'p50 ms', 'p99 ms', 'errors'], loads.flatMap(rowsOf)),
    table(
      ['ratio of CPU, ours / bare', 'median', 'least', 'greatest', 'rounds'],
      loads.map(({ title, ratio, ratioRange: [least, greatest], rounds }) => [title, `${ratio}`, `${least}`, `${greatest}`, `${rounds}`]),
    ),
    `resident memory: ours ${residentMiB.ours} MiB, bare ${residentMiB.bare} MiB`,
    `requests through the gateway ${requests}, decided ${records.decided}, delivered ${records.delivered}, odd records ${records.odd}, errors ${errors}`,
    ...complaints.map((complaint) => `  ${complaint}`),
    ...loads.flatMap(({ title, profiles }) =>
      profiles === undefined ? [] : [renderProfile(`${title}, ours`, profiles.ours), renderProfile(`${title}, bare`, profiles.bare)],
    ),
    ...(result.folder === undefined ? [] : [`kept: ${result.folder}`]),
    ...(result.sound ? [] : ['NOT SOUND: errors, or records that are missing or odd. These figures mean nothing.']),
  ];
  return `${parts.join('\n\n')}\n`;
}

function rowsOf({ title, concurrency, ours, bare, direct }: LoadResult): string[][] {
  const row = (name: string, side: Side) => [
    `${title}, ${concurrency} at a time: ${name}`,
    ...[side.cpuUs, side.systemUs, side.mainUs, side.perSecond, side.p50Ms, side.p99Ms, side.errors].map(String),
  ];
  return [row('ours', ours), row('bare', bare), row('direct (CPU of the upstream)', direct)];
}

function renderProfile(side: string, { busyUs, self, onBehalf, functions }: ProfileSummary): string {
  const shares = (title: string, list: readonly Share[]) =>
    table(
      [title, 'µs'],
      list.map(({ name, us }) => [name, us.toFixed(1)]),
    );
  return [
    `${side}: main thread busy for ${busyUs} µs a request`,
    shares('by the code that ran', self),
    shares('by the stage or room on whose behalf', onBehalf),
    shares('functions', functions),
  ].join('\n\n');
}

export function renderDecide({ rows, skipped, dataSize, node, complaints, sound }: DecideResult): string {
  const { principals, p50Us, ratio } = dataSize;
  const parts = [
    `Node ${node.slice(1)}; chain of four, tools, parameters`,
    table(
      ['decide step', 'p50 µs', 'p99 µs'],
      [
        ...rows.map(({ by, policy, verdict, p50Us, p99Us }) => [`${policy} policies, ${verdict}: ${by}`, `${p50Us}`, `${p99Us}`]),
        ...skipped.map(({ by }) => [`default policies: ${by}`, 'skipped', 'skipped']),
      ],
    ),
    ...skipped.map(({ by, why }) => `${by} skipped: ${why}`),
    `data of ${principals.join(' and ')} principals: p50 ${p50Us.join(' and ')} µs, ratio ${ratio}`,
    ...complaints.map((complaint) => `  ${complaint}`),
    ...(sound ? [] : ['NOT SOUND: an answer was not the expected one, or not everywhere the same.']),
  ];
  return `${parts.join('\n\n')}\n`;
}

export function renderRecord(result: RecordResult): string {
  const { cpuUsPerLine, linesPerSecond, p50Ms, p99Ms, concurrency, lines, kept, node, sound } = result;
  const shown = table(
    [`record, ${concurrency} requests at a time`, ''],
    [
      ['CPU per line, µs', `${cpuUsPerLine}`],
      ['lines per second', `${linesPerSecond}`],
      ['wait for the disk, p50 ms', `${p50Ms}`],
      ['wait for the disk, p99 ms', `${p99Ms}`],
      ['lines written and verified', `${lines}`],
    ],
  );
  const sides = table(
    ['the bare log, 64 at a time, SIGKILL under load', 'CPU per line, µs', 'told to be taken', 'of these on disk', 'lost'],
    kept.map(({ by, cpuUsPerLine: cost, told, onDisk }) => [by, `${cost}`, `${told}`, `${onDisk}`, `${told - onDisk}`]),
  );
  return `Node ${node.slice(1)}\n\n${shown}\n\n${sides}\n${sound ? '' : '\nNOT SOUND: lines are missing or odd.\n'}`;
}

export function renderVerify({
  records,
  mebibytes,
  seconds,
  cpuSeconds,
  recordsPerSecond,
  checkpoints,
  node,
  sound,
}: VerifyResult): string {
  const shown = table(
    ['regate log verify, one thread', ''],
    [
      ['records', `${records}`],
      ['MiB', `${mebibytes}`],
      ['checkpoints', `${checkpoints}`],
      ['seconds', `${seconds}`],
      ['seconds of CPU', `${cpuSeconds}`],
      ['records per second', `${recordsPerSecond}`],
    ],
  );
  return `Node ${node.slice(1)}\n\n${shown}\n${sound ? '' : '\nNOT SOUND: lines are missing, without a checkpoint, or do not hold.\n'}`;
}
