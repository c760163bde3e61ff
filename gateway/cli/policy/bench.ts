import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { loadConfiguration } from '../../config/load.ts';
import { admit } from '../../engine/admit.ts';
import { emptyCatalogue } from '../../engine/catalogue-data.ts';
import { answerEntrypoint } from '../../engine/prepare.ts';
import { sampleInputs } from '../../engine/sample-inputs.ts';
import { Breakage } from '../../errors.ts';
import { systemClock } from '../../observe/clock.ts';
import { readAnswer } from '../../pipeline/decide/read-answer.ts';
import { bundleOf, isDirectory } from './bundle-of.ts';
import { type Cost, describeTimings } from './describe-timings.ts';
import { type BenchCase, measure } from './measure.ts';
import type { PolicyIo } from './policy-io.ts';
import { collect } from './policy-options.ts';
import { flag, hostFlag } from './run-toolchain.ts';

interface BenchOptions {
  readonly input: readonly string[];
  readonly entrypoint: string;
  readonly budgetUs?: number;
  readonly runs: number;
  readonly config?: string;
  readonly json?: true;
}

/** What the gateway has unless its configuration says otherwise. */
export const defaultLimits = { maxMemoryBytes: 128 * 1024 * 1024, maxEvaluationMs: 50 };

/** Makes `regate policy bench`. Exit code 1: an evaluation fails, or the budget is exceeded. */
export function makeBenchCommand(io: PolicyIo): Command {
  return new Command('bench')
    .description('Time the decisions of a policy as the gateway will run it: compiled to WebAssembly, on the engine of the gateway.')
    .argument('[path]', 'a directory of policies or a bundle file', 'policies')
    .option(
      '-i, --input <file>',
      'an input, or an array of inputs, as JSON (repeatable); sample requests of the gateway unless given',
      collect,
      [],
    )
    .option('-e, --entrypoint <path>', 'the rule to ask', answerEntrypoint)
    .option('--budget-us <number>', 'fail where the p99 of an input is above this many microseconds', parsePositive)
    .option('--runs <number>', 'evaluations of each input, after as many to warm up', parsePositive, 2000)
    .option('--config <file>', "the gateway's configuration, for its catalogue and limits")
    .option('--json', 'print the result as one JSON object')
    .action((path: string, options: BenchOptions) => bench(io, path, options))
    .addHelpText(
      'after',
      `
The time is that of one evaluation: the input is written, the module runs, the answer is read. Let nothing else keep the machine busy.

Example:
  regate policy bench policies --input request.json --budget-us 150
`,
    );
}

async function bench(io: PolicyIo, path: string, options: BenchOptions): Promise<void> {
  try {
    const bytes = await bundleOf(io, path);
    if (bytes === undefined) return;
    const costs = isDirectory(io.cwd, path) ? await costsOf(io, path) : undefined;
    const cases = options.input.length === 0 ? samples() : options.input.flatMap((file) => readCases(io.cwd, file));
    const configuration =
      options.config === undefined ? undefined : loadConfiguration(resolve(io.cwd, options.config), { environment: process.env });
    const { policy } = await admit(path, bytes, {
      catalogue: configuration?.catalogue ?? emptyCatalogue,
      maxMemoryBytes: configuration?.policy.maxMemoryBytes ?? defaultLimits.maxMemoryBytes,
      maxEvaluationMs: configuration?.policy.maxEvaluationMs ?? defaultLimits.maxEvaluationMs,
      clock: systemClock,
      logger: { error: ignore, warn: ignore, info: ignore, debug: ignore },
      checkAnswer: readAnswer,
    });
    const { runs, entrypoint, budgetUs, json } = options;
    const timings = measure(cases, { policy, entrypoint, runs, now: () => performance.now() });
    const over = timings.some(({ failed, p99_us }) => failed !== undefined || (budgetUs !== undefined && p99_us > budgetUs));
    const report = {
      revision: policy.stamp.revision,
      entrypoint,
      runs,
      ...(budgetUs !== undefined && { budget_us: budgetUs }),
      timings,
      ...(costs && { costs }),
    };
    io.out(json ? `${JSON.stringify({ ...report, passed: !over }, null, 2)}\n` : describeTimings(report));
    io.exit(over ? 1 : 0);
  } catch (error) {
    if (!(error instanceof Breakage)) throw error;
    io.err(`${error.message}\n`);
    // A bundle that the gateway would not load is a finding; all else is about surroundings.
    io.exit(error.code === 'policy.unavailable' ? 1 : 2);
  }
}

/** What the engine says of a failing evaluation stands in the report. */
function ignore(): void {}

/** What the toolchain knows to take time in a module. The policies have been built, so they have no errors. */
async function costsOf(io: PolicyIo, path: string): Promise<readonly Cost[]> {
  const args = [...hostFlag(io), ...flag('format', 'json'), ...flag('costs', true), path];
  const { stdout } = await io.toolchain.run({ command: 'check', cwd: io.cwd, paths: [path], args: () => args });
  return (JSON.parse(stdout) as { readonly costs?: readonly Cost[] }).costs ?? [];
}

function samples(): readonly BenchCase[] {
  return Object.entries(sampleInputs).map(([title, input]) => ({ title, input }));
}

function readCases(cwd: string, file: string): readonly BenchCase[] {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(resolve(cwd, file), 'utf8'));
  } catch (cause) {
    const why = cause instanceof SyntaxError ? 'is not JSON' : 'cannot be read';
    throw new Breakage('gateway.error', `${file} ${why}`, { cause });
  }
  if (!Array.isArray(value)) return [{ title: file, input: value }];
  if (value.length === 0) throw new Breakage('gateway.error', `${file} holds no input`);
  return value.map((input: unknown, place) => ({ title: `${file} [${place}]`, input }));
}

function parsePositive(text: string): number {
  const number = Number(text);
  if (!(Number.isFinite(number) && number >= 1)) throw new InvalidArgumentError('Expected a number of at least 1.');
  return Math.trunc(number);
}
