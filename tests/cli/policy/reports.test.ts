import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { renderJunit } from '../../../gateway/cli/policy/reports/junit.ts';
import { renderSarif } from '../../../gateway/cli/policy/reports/sarif.ts';
import type { ToolchainReport } from '../../../gateway/cli/policy/reports/toolchain-report.ts';
import { needsToolchain, policiesWith, policy } from '../../toolchain/toolchain-harness.ts';

const results: ToolchainReport = {
  errors: 1,
  tests: [
    { package: 'data.a_test', name: 'test_good', duration: 1_500_000, location: { file: 'p/a_test.rego', row: 3, col: 1 } },
    {
      package: 'data.a_test',
      name: 'test_bad',
      fail: true,
      duration: 1e6,
      location: { file: 'p/a_test.rego', row: 9, col: 1 },
      output: Buffer.from('say "<&>"\u0000\n').toString('base64'),
    },
    { package: 'data.a_test', name: 'test_table', fail: true, duration: 0, sub_results: { one: {}, two: { fail: true } } },
    { package: 'data.b_test', name: 'todo_test_later', skip: true, duration: 0 },
    { package: 'data.b_test', name: 'test_breaks', error: { message: 'no such thing' }, duration: 0 },
  ],
  coverage: { coverage: 50, files: { 'p/a b.rego': { not_covered: [{ start: { row: 4, col: 1 }, end: { row: 6, col: 2 } }] } } },
};

test('JUnit: suites, failures, errors, skips, what was printed, and the coverage as a case', () => {
  assert.equal(
    renderJunit(results, 100),
    `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="regate policy" tests="6" failures="3" errors="1" skipped="1" time="0.002500">
  <testsuite name="data.a_test" tests="3" failures="2" errors="0" skipped="0" time="0.002500">
    <testcase name="test_good" classname="data.a_test" file="p/a_test.rego" line="3" time="0.001500"/>
    <testcase name="test_bad" classname="data.a_test" file="p/a_test.rego" line="9" time="0.001000">
      <failure message="the test is undefined or false">p/a_test.rego:9: the test is undefined or false</failure>
      <system-out>say &quot;&lt;&amp;&gt;&quot;\ufffd&#10;</system-out>
    </testcase>
    <testcase name="test_table" classname="data.a_test" time="0.000000">
      <failure message="these cases are undefined or false: two">these cases are undefined or false: two</failure>
    </testcase>
  </testsuite>
  <testsuite name="data.b_test" tests="2" failures="0" errors="1" skipped="1" time="0.000000">
    <testcase name="todo_test_later" classname="data.b_test" time="0.000000">
      <skipped/>
    </testcase>
    <testcase name="test_breaks" classname="data.b_test" time="0.000000">
      <error message="no such thing">no such thing</error>
    </testcase>
  </testsuite>
  <testsuite name="coverage" tests="1" failures="1" errors="0" skipped="0" time="0.000000">
    <testcase name="at least 100 % of the lines" classname="coverage" time="0.000000">
      <failure message="coverage is 50.00 %, below the threshold of 100 %">p/a b.rego:4-6: no test reaches this</failure>
    </testcase>
  </testsuite>
</testsuites>
`,
  );
});

test('SARIF: what failed with its place, and the lines that no test reaches', () => {
  const { runs } = JSON.parse(renderSarif(results, 100)) as {
    runs: [
      {
        tool: { driver: { rules: { id: string }[] } };
        results: { ruleId: string; ruleIndex: number; level: string; message: { text: string }; locations?: unknown[] }[];
      },
    ];
  };
  const [run] = runs;
  assert.deepEqual(
    run.results.map(({ ruleId, level, message }) => [ruleId, level, message.text]),
    [
      ['test', 'error', 'data.a_test.test_bad: the test is undefined or false'],
      ['test', 'error', 'data.a_test.test_table: these cases are undefined or false: two'],
      ['test', 'error', 'data.b_test.test_breaks: no such thing'],
      ['coverage', 'error', 'coverage is 50.00 %, below the threshold of 100 %'],
      ['coverage', 'warning', 'no test reaches this'],
    ],
  );
  for (const { ruleId, ruleIndex } of run.results) assert.equal(run.tool.driver.rules[ruleIndex]?.id, ruleId);
  assert.deepEqual(run.results.at(-1)?.locations, [
    { physicalLocation: { artifactLocation: { uri: 'p/a%20b.rego' }, region: { startLine: 4, endLine: 6 } } },
  ]);
  // Without a threshold what no test reaches is only noted.
  assert.match(renderSarif(results), /"level": "note"/);
});

test('check in both forms: a finding with its place and what to do; nothing wrong is a case that passed', needsToolchain, async (t) => {
  const typo = { 'gateway/decision/typo.rego': 'package gateway.decision\n\nx := input.identity.rolls\n' };
  const cwd = policiesWith(t, typo);
  const junit = await policy(cwd, 'check', '--format', 'junit');
  assert.deepEqual([junit.code, junit.err], [1, '']);
  assert.match(junit.out, /<testcase name="policies\/gateway\/decision\/typo\.rego" classname="check" file="[^"]+" line="3"/);
  assert.match(junit.out, /rego_type_error: undefined ref: input\.identity\.rolls&#10; {2}help: did you mean &quot;roles&quot;\?</);
  const sarif = await policy(cwd, 'check', '--format', 'sarif');
  assert.equal(sarif.code, 1);
  const [result] = (JSON.parse(sarif.out) as { runs: [{ results: { ruleId: string; locations: unknown[] }[] }] }).runs[0].results;
  assert.equal(result?.ruleId, 'rego_type_error');
  assert.deepEqual(result?.locations, [
    { physicalLocation: { artifactLocation: { uri: 'policies/gateway/decision/typo.rego' }, region: { startLine: 3, startColumn: 6 } } },
  ]);
  const good = await policy(policiesWith(t), 'check', '--format', 'junit');
  assert.equal(good.code, 0);
  assert.match(good.out, /tests="1" failures="0"/);
  const none = await policy(cwd, 'check', 'nowhere', '--format', 'sarif');
  assert.deepEqual([none.code, none.out], [2, '']);
});

const xmllint = spawnSync('xmllint', ['--version']).error === undefined;

test('test in both forms, with the exit code of the tests', needsToolchain, async (t) => {
  const cwd = policiesWith(t, {
    'gateway/decision/fails_test.rego': 'package gateway.decision_test\n\ntest_fails if {\n\tprint("<&>")\n\t1 == 2\n}\n',
    'gateway/decision/more.rego': 'package gateway.decision\n\nmore if {\n\tinput.model.requested == "x"\n}\n',
  });
  const junit = await policy(cwd, 'test', '--format', 'junit', '--threshold', '100');
  assert.equal(junit.code, 1);
  assert.match(junit.out, /<testcase name="test_fails" classname="data\.gateway\.decision_test" file="policies[^"]+" line="3"/);
  assert.match(junit.out, /<system-out>&lt;&amp;&gt;&#10;<\/system-out>/);
  assert.match(junit.out, /<testcase name="at least 100 % of the lines" classname="coverage"[^>]*>\n\s*<failure/);
  if (xmllint) assert.equal(spawnSync('xmllint', ['--noout', '-'], { input: junit.out }).status, 0);
  const sarif = await policy(cwd, 'test', '--format', 'sarif', '--coverage');
  assert.equal(sarif.code, 1);
  assert.match(sarif.out, /"text": "data\.gateway\.decision_test\.test_fails: the test is undefined or false"/);
});
