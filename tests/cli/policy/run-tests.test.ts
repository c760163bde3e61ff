import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needsToolchain, policiesWith, policy } from '../../toolchain/toolchain-harness.ts';

const failing = {
  'gateway/decision/fails_test.rego': [
    'package gateway.decision_test',
    '',
    'import data.gateway.decision as subject',
    '',
    'test_an_intern_has_the_large_model if {',
    '\tprint("asking")',
    '\tsubject.answer.allow with input as {"identity": {"roles": ["intern"]}, "model": {"requested": "large"}}',
    '}',
    '',
  ].join('\n'),
};
const unreached = { 'gateway/decision/more.rego': 'package gateway.decision\n\nmore if {\n\tinput.model.requested == "x"\n}\n' };

test('tests that pass', needsToolchain, async (t) => {
  assert.deepEqual(await policy(policiesWith(t), 'test'), { code: 0, out: 'PASS: 2/2\n', err: '' });
});

test('a failure names the test, the expression, its place, and what was printed', needsToolchain, async (t) => {
  const run = await policy(policiesWith(t, failing), 'test');
  assert.equal(run.code, 1);
  assert.match(run.out, /^policies\/gateway\/decision\/fails_test\.rego:5:$/m);
  assert.match(run.out, /^data\.gateway\.decision_test\.test_an_intern_has_the_large_model: FAIL/m);
  assert.match(run.out, /^ {2}policies\/gateway\/decision\/fails_test\.rego:7:\n\s+subject\.answer\.allow/m);
  assert.match(run.out, /^ {2}asking$/m);
  assert.match(run.out, /^PASS: 2\/3\nFAIL: 1\/3$/m);
});

test('JSON holds the results and the coverage of the policies only', needsToolchain, async (t) => {
  const run = await policy(policiesWith(t, { ...failing, ...unreached }), 'test', '--format', 'json', '--coverage');
  assert.equal(run.code, 1);
  const report = JSON.parse(run.out) as {
    tests: { name: string; fail?: boolean; location: { file: string; row: number } }[];
    passed: number;
    failed: number;
    coverage: { files: Record<string, { not_covered_lines?: number }>; coverage: number; covered_lines: number; not_covered_lines: number };
  };
  assert.deepEqual([report.passed, report.failed], [2, 1]);
  const [fail] = report.tests.filter((one) => one.fail);
  assert.deepEqual([fail?.name, fail?.location.row], ['test_an_intern_has_the_large_model', 5]);
  assert.deepEqual(Object.keys(report.coverage.files).sort(), [
    'policies/gateway/decision/answer.rego',
    'policies/gateway/decision/more.rego',
  ]);
  const { covered_lines: covered, not_covered_lines: not, coverage } = report.coverage;
  assert.deepEqual([covered, not, coverage], [5, 2, (100 * 5) / 7]);
});

test('coverage names the lines that no test reaches, and fails below the threshold', needsToolchain, async (t) => {
  const cwd = policiesWith(t, unreached);
  const told = await policy(cwd, 'test', '--coverage');
  assert.equal(told.code, 0);
  assert.match(told.out, /^policies\/gateway\/decision\/more\.rego:3-4: no test reaches this$/m);
  assert.match(told.out, /^COVERAGE: 71\.43 % \(5 of 7 lines\)$/m);
  const short = await policy(cwd, 'test', '--threshold', '80');
  assert.deepEqual([short.code, short.err], [1, 'coverage is 71.43 %, below the threshold of 80 %\n']);
  assert.equal((await policy(cwd, 'test', '--threshold', '71')).code, 0);
});

test('--run chooses; a run of no tests is a failure, not a success', needsToolchain, async (t) => {
  const cwd = policiesWith(t, failing);
  assert.deepEqual(await policy(cwd, 'test', '--run', 'granted'), { code: 0, out: 'PASS: 1/1\n', err: '' });
  const none = await policy(cwd, 'test', '--run', 'nothing_is_called_so');
  assert.equal(none.code, 1);
  assert.match(none.err, /^no tests were run/);
  const regex = await policy(cwd, 'test', '--run', '(');
  assert.equal(regex.code, 2);
  assert.match(regex.err, /missing closing \)/);
});

test('tests that do not compile are findings with their place', needsToolchain, async (t) => {
  const run = await policy(policiesWith(t, { 'gateway/decision/bad_test.rego': 'package gateway.decision_test\n\ntest_x if z\n' }), 'test');
  assert.equal(run.code, 1);
  assert.match(run.err, /bad_test\.rego:3: rego_unsafe_var_error: var z is unsafe/);
});
