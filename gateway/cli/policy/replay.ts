import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { loadConfiguration } from '../../config/load.ts';
import type { CandidateBundle } from '../../engine/prepare.ts';
import { nameBundle } from '../../engine/read-bundle.ts';
import { Breakage } from '../../errors.ts';
import { requireDirectory } from '../log/require-directory.ts';
import { defaultLimits } from './bench.ts';
import { bundleOf } from './bundle-of.ts';
import type { PolicyIo } from './policy-io.ts';
import { collect } from './policy-options.ts';
import { makeProgressBar } from './replay/progress-bar.ts';
import { type ReplayReport, renderReplay } from './replay/render-replay.ts';
import { replayLog } from './replay/replay-log.ts';
import type { Tally } from './replay/tally.ts';

interface ReplayOptions {
  readonly log: string;
  readonly bundle: readonly string[];
  readonly config?: string;
  readonly since?: number;
  readonly until?: number;
  readonly maxChanges: number;
  readonly maxInexact: number;
  readonly threads: number;
  readonly json?: true;
  readonly report?: string;
}

/** Makes `regate policy replay`. Exit code 1: more would change than may, or what was asked cannot tell. */
export function makeReplayCommand(io: PolicyIo): Command {
  return new Command('replay')
    .description('Ask every recorded decision again, of a candidate that does not decide yet, and print which would change.')
    .requiredOption('--log <dir>', 'the decision log')
    .requiredOption(
      '--bundle <file>',
      'the candidate: a bundle or a directory of policies (repeatable, where several make up the policy)',
      collect,
      [],
    )
    .option('--config <file>', "the gateway's configuration, for its catalogue and limits")
    .option('--since <time>', 'only decisions from this time on (RFC 3339)', parseTime)
    .option('--until <time>', 'only decisions before this time', parseTime)
    .option('--max-changes <number>', 'fail where more decisions would change', parseCount, 0)
    .option(
      '--max-inexact <number>',
      'fail where more decisions cannot be asked exactly, because a mask took out what they depend on',
      parseCount,
      0,
    )
    .option('--threads <number>', 'how many decide at one time', parseCount, Math.min(availableParallelism(), 16))
    .option('--json', 'print the result, with every change, as one JSON object')
    .option('--report <file>', 'write the report to a file, too: JSON where its name ends in .json, Markdown otherwise')
    .action((options: ReplayOptions) => replay(io, options))
    .addHelpText(
      'after',
      `
A decision is asked with the recorded input, time and random values. Whether the log is what was written is for "regate log verify" to say.

Example:
  regate policy replay --log /var/lib/regate/decisions --bundle candidate.tar.gz --config regate.yaml --since 2026-11-01T00:00:00Z --max-changes 0
`,
    );
}

async function replay(io: PolicyIo, options: ReplayOptions): Promise<void> {
  const { log, config, since = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY, threads, json, report: file } = options;
  try {
    const directory = resolve(io.cwd, log);
    await requireDirectory(directory);
    const configuration = config === undefined ? undefined : loadConfiguration(resolve(io.cwd, config), { environment: process.env });
    const bundles = await readBundles(io, options.bundle);
    if (bundles === undefined) return;
    const bar = makeProgressBar(process.stderr.isTTY ? io.err : undefined, () => performance.now());
    const from = performance.now();
    const { stamp, tally } = await replayLog({
      ...{ directory, bundles, since, until },
      threads: Math.max(threads, 1),
      catalogue: configuration?.catalogue,
      maxMemoryBytes: configuration?.policy.maxMemoryBytes ?? defaultLimits.maxMemoryBytes,
      maxEvaluationMs: configuration?.policy.maxEvaluationMs ?? defaultLimits.maxEvaluationMs,
      progress: (share, { decisions, changed }) => bar.show(share, `${decisions} decisions, ${changed} would change`),
    });
    bar.clear();
    const findings = judge(tally, options);
    const seconds = (performance.now() - from) / 1000;
    const report: ReplayReport = {
      candidate: stamp,
      passed: findings.length === 0,
      findings,
      seconds,
      without_catalogue: configuration === undefined,
      tally,
    };
    if (file !== undefined) writeReport(resolve(io.cwd, file), report);
    io.out(json ? toJson(report) : renderReplay(report));
    io.exit(report.passed ? 0 : 1);
  } catch (error) {
    if (!(error instanceof Breakage)) throw error;
    io.err(`${error.message}\n`);
    // A candidate that the gateway would not load is a finding; all else is about surroundings.
    io.exit(error.code === 'policy.unavailable' ? 1 : 2);
  }
}

async function readBundles(io: PolicyIo, paths: readonly string[]): Promise<readonly CandidateBundle[] | undefined> {
  const bundles: CandidateBundle[] = [];
  for (const path of paths) {
    const bytes = await bundleOf(io, path);
    if (bytes === undefined) return undefined;
    bundles.push({ name: nameBundle(path) || basename(path), bytes });
  }
  return bundles;
}

/** Nothing compared is no reason to be content: a gate that lets pass what it could not look at is none. */
function judge(tally: Tally, { maxChanges, maxInexact }: ReplayOptions): readonly string[] {
  return [
    ...(tally.changed > maxChanges ? [`${tally.changed} decisions would change; --max-changes is ${maxChanges}`] : []),
    ...(tally.inexact > maxInexact ? [`${tally.inexact} decisions cannot be asked exactly; --max-inexact is ${maxInexact}`] : []),
    ...(tally.compared === 0 ? ['no decision was compared'] : []),
  ];
}

function toJson({ tally, ...head }: ReplayReport): string {
  return `${JSON.stringify({ ...head, ...tally }, null, 2)}\n`;
}

function writeReport(path: string, report: ReplayReport): void {
  try {
    // What people asked for stands in it: for whoever runs this, and nobody else.
    writeFileSync(path, path.endsWith('.json') ? toJson(report) : renderReplay(report, 'markdown'), { mode: 0o600 });
  } catch (cause) {
    throw new Breakage('gateway.error', `${path} cannot be written`, { cause });
  }
}

function parseTime(text: string): number {
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new InvalidArgumentError('Expected a time such as 2026-11-01T00:00:00Z.');
  return time;
}

function parseCount(text: string): number {
  const number = Number(text);
  if (!(Number.isInteger(number) && number >= 0)) throw new InvalidArgumentError('Expected a whole number.');
  return number;
}
