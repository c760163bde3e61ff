/*
 * Runs OPA's own test cases (v1/test/cases of the Go module that toolchain/go.mod names) on the gateway's evaluator with the gateway's built-ins.
 * OPA compiles them; Go is needed for that. Exit code 1 where a case comes out otherwise than OPA wants, or than exceptions.yaml says.
 *
 *     npm run conformance [-- --json] [-- --only REGEXP]
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import { refusedBuiltins } from '../../gateway/engine/builtins/refused.ts';
import { judge, machine } from './judge-case.ts';
import { readCases } from './read-cases.ts';

interface Told {
  readonly note: string;
  readonly why: string;
}

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false }, only: { type: 'string', default: '' } } });

/** Note of a case → why it may fail. */
const exceptions = readExceptions(readFileSync(new URL('exceptions.yaml', import.meta.url), 'utf8'));
const report = { total: 0, compiled: 0, passed: 0, failed: 0, refused: 0, excepted: 0 };
const told = { failed: [] as Told[], uncompilable: [] as Told[], refused: [] as Told[], excepted: [] as Told[] };

await machine.start();
for await (const one of readCases(values.only)) {
  const verdict = judge(one);
  const exception = exceptions.get(one.note);
  const { note } = one;
  report.total += 1;
  if (verdict.kind !== 'uncompilable') report.compiled += 1;
  switch (verdict.kind) {
    case 'uncompilable':
      told.uncompilable.push({ note, why: verdict.why });
      break;
    case 'lacking': {
      const unexpected = verdict.builtins.filter((name) => !refusedBuiltins.has(name));
      if (unexpected.length > 0) fail(note, `the gateway lacks ${unexpected.join(', ')}`);
      else {
        report.refused += 1;
        told.refused.push({ note, why: verdict.builtins.join(', ') });
      }
      break;
    }
    case 'passed':
      if (exception === undefined) report.passed += 1;
      else fail(note, 'passes, and is listed in exceptions.yaml');
      break;
    default:
      if (exception === undefined) fail(note, verdict.why);
      else {
        report.excepted += 1;
        told.excepted.push({ note, why: exception });
      }
  }
  exceptions.delete(note);
}
if (values.only === '') for (const note of exceptions.keys()) fail(note, 'is listed in exceptions.yaml, and OPA has no such case');

function fail(note: string, why: string): void {
  report.failed += 1;
  told.failed.push({ note, why });
}

function readExceptions(text: string): Map<string, string> {
  const groups = parse(text) as Record<string, { reason: string; cases: string[] }>;
  return new Map(Object.values(groups).flatMap(({ reason, cases }) => cases.map((note) => [note, reason.trim()] as const)));
}

const share = report.passed / (report.compiled - report.refused - report.excepted);
if (values.json) {
  process.stdout.write(`${JSON.stringify({ ...report, share, cases: told }, null, 2)}\n`);
} else {
  const list = (title: string, items: readonly Told[]) => {
    if (items.length > 0) process.stdout.write(`${title}:\n${items.map(({ note, why }) => `  ${note}: ${why}\n`).join('')}\n`);
  };
  list('Does not compile', told.uncompilable);
  list('Calls what the gateway refuses', told.refused);
  list('Listed exceptions', told.excepted);
  list('Failed', told.failed);
  const { total, compiled, refused, excepted } = report;
  process.stdout.write(`${total} cases, ${compiled} compiled, ${refused} refused by name, ${excepted} listed exceptions\n`);
  process.stdout.write(`${(share * 100).toFixed(2)} % of the others pass\n`);
  process.stdout.write(`${report.passed} passed, ${report.failed} failed\n`);
}
process.exitCode = report.failed === 0 ? 0 : 1;
