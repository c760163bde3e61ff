/*
 * Runs the tests: everything below tests/ but the benchmarks and the heavy suites (tests/heavy: load, kill -9, soak). It fails where a test fails,
 * where a path holds no test, and where a test file ends without its tests. The last line is "N passed, N failed", and the one
 * before it counts the attack cases: "attacks: N cases tried, N admitted".
 *
 *   npm test
 *   npm test -- --heavy                       the heavy suites only
 *   npm test -- --all                         both
 *   npm test -- tests/engine                  a folder, a file, or several
 *   npm test -- --only "alias" tests/config   tests whose name matches
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { parseArgs } from 'node:util';
import { countAttacks } from './count-attacks.ts';

const root = join(import.meta.dirname, '..');
const apart = ['tests/bench/', 'tests/heavy/'];
const attacks = countAttacks(root);

interface Plan {
  readonly files: readonly string[];
  readonly concurrency: number;
  /** Milliseconds that one test may take, the whole file counting as one. */
  readonly timeout: number;
}

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    heavy: { type: 'boolean', default: false },
    all: { type: 'boolean', default: false },
    only: { type: 'string' },
  },
});

/** Two files at a time suit two cores: most wait for sockets now and then. Heavy suites measure, so each has the machine to itself. */
function plan(): readonly Plan[] {
  if (positionals.length > 0) return [{ files: positionals.flatMap(filesAt), concurrency: 2, timeout: 600_000 }];
  const tests = filesAt('tests');
  const light = { files: tests.filter((file) => !apart.some((folder) => file.startsWith(folder))), concurrency: 2, timeout: 300_000 };
  const heavy = { files: tests.filter((file) => file.startsWith('tests/heavy/')), concurrency: 1, timeout: 1_200_000 };
  if (values.all) return [light, heavy];
  return [values.heavy ? heavy : light];
}

/** Test files at or below a path, from the root of the repository. */
function filesAt(path: string): readonly string[] {
  const place = resolve(root, path);
  if (!existsSync(place)) throw new Error(`there is no ${path}`);
  if (!statSync(place).isDirectory()) return [relative(root, place)];
  return readdirSync(place, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => relative(root, join(place, name)).replaceAll('\\', '/'))
    .sort();
}

async function runFiles({ files, concurrency, timeout }: Plan): Promise<Counts> {
  const only = values.only === undefined ? {} : { testNamePatterns: new RegExp(values.only) };
  const events = run({ files: files.map((file) => join(root, file)), cwd: root, concurrency, timeout, ...only });
  let counts: Counts | undefined;
  events.on('test:pass', attacks.passed);
  events.on('test:fail', attacks.failed);
  events.on('test:summary', ({ file, success, counts: { passed, skipped, todo, tests } }) => {
    // The summaries of single files come first; the last one is of the whole run. Whatever did not pass and was not left out has failed, and a run
    // without success has a failure even where no single test has (a suite that throws).
    if (file === undefined) counts = { passed, skipped, failed: Math.max(tests - passed - skipped - todo, success ? 0 : 1) };
  });
  for await (const chunk of events.compose(spec)) process.stdout.write(String(chunk));
  if (counts === undefined) throw new Error('the test runner ended without a summary');
  return counts;
}

let passed = 0;
let failed = 0;
let skipped = 0;
for (const each of plan()) {
  if (each.files.length === 0) {
    process.stdout.write('There are no such tests.\n');
    if (positionals.length > 0) failed += 1;
    continue;
  }
  const counts = await runFiles(each);
  passed += counts.passed;
  failed += counts.failed;
  skipped += counts.skipped;
}
const tried = attacks.tell();
process.stdout.write(
  `\n${tried === undefined ? '' : `${tried}\n`}${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}\n`,
);
// A test that left a timer or a socket open ends here and not never; the files themselves run in processes of their own.
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
