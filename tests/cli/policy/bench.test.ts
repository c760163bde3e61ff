import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { defaultLimits } from '../../../gateway/cli/policy/bench.ts';
import { describeTimings } from '../../../gateway/cli/policy/describe-timings.ts';
import { measure, type Timing } from '../../../gateway/cli/policy/measure.ts';
import { buildConfiguration } from '../../../gateway/config/load.ts';
import type { PinnedPolicy } from '../../../gateway/vocabulary/decision.ts';
import { needsToolchain, policiesWith, policy } from '../../toolchain/toolchain-harness.ts';

const asking = {
  '../engineer.json': '{"identity": {"roles": ["engineer"]}, "model": {"requested": "large"}}',
  '../two.json': '[{"identity": {"roles": ["stranger"]}, "model": {"requested": "large"}}, {}]',
};

interface Report {
  readonly passed: boolean;
  readonly revision: string;
  readonly timings: readonly Timing[];
}

test('bench builds a directory and times each input on the engine', needsToolchain, async (t) => {
  const cwd = policiesWith(t, asking);
  const run = await policy(cwd, 'bench', '-i', 'engineer.json', '-i', 'two.json', '--runs', '20', '--json');
  assert.deepEqual([run.code, run.err], [0, '']);
  const { timings, passed } = JSON.parse(run.out) as Report;
  assert(passed);
  assert.deepEqual(
    timings.map(({ title, allow, codes }) => [title, allow, codes]),
    [
      ['engineer.json', true, []],
      ['two.json [0]', false, ['model.not-granted']],
      ['two.json [1]', false, ['model.not-granted']],
    ],
  );
  assert(timings.every(({ p50_us, p99_us }) => p50_us > 0 && p50_us <= p99_us));
});

test('bench times a bundle file, and the gateway samples where no input is named', needsToolchain, async (t) => {
  const cwd = policiesWith(t);
  const built = JSON.parse((await policy(cwd, 'build', '--format', 'json', '-o', 'mine.tar.gz')).out) as { revision: string };
  const run = await policy(cwd, 'bench', 'mine.tar.gz', '--runs', '5', '--json');
  const { revision, timings } = JSON.parse(run.out) as Report;
  assert.equal(revision, built.revision);
  assert(timings.length > 1);
});

test('a budget fails where the p99 of an input is above it, and holds where not', needsToolchain, async (t) => {
  const cwd = policiesWith(t, asking);
  const tight = await policy(cwd, 'bench', '-i', 'engineer.json', '--runs', '20', '--budget-us', '1');
  assert.equal(tight.code, 1);
  assert.match(
    tight.out,
    /engineer\.json {2}\d+ B {2}p50 [\d.]+ µs {2}p99 [\d.]+ µs {2}OVER THE BUDGET {2}allow\nThe budget is 1 µs for the p99 of each input\.\n$/,
  );
  const wide = await policy(cwd, 'bench', '-i', 'engineer.json', '--runs', '20', '--budget-us', '100000000');
  assert.equal(wide.code, 0);
});

test('policies with errors are not timed; nor is a bundle that the gateway would not load', needsToolchain, async (t) => {
  const broken = await policy(policiesWith(t, { 'gateway/decision/x.rego': 'package gateway.decision\n\nx := nope\n' }), 'bench');
  assert.deepEqual([broken.code, broken.out], [1, '']);
  assert.match(broken.err, /var nope is unsafe/);
  const shy = policiesWith(t, {
    'gateway/decision/answer.rego': 'package gateway.decision\n\n# METADATA\n# entrypoint: true\nanswer := 1\n',
    'gateway/decision/answer_test.rego': null,
  });
  const refused = await policy(shy, 'bench');
  assert.equal(refused.code, 1);
  assert.match(refused.err, /the bundle cannot be used/);
});

test('an input on which the policy fails is named', needsToolchain, async (t) => {
  const cwd = policiesWith(t, {
    '../clash.json': '{"clash": true}',
    'schemas/input.json': null,
    'gateway/decision/answer_test.rego': null,
    'gateway/decision/answer.rego':
      'package gateway.decision\n\n# METADATA\n# entrypoint: true\nanswer := {"allow": false, "reasons": [{"code": x}]}\n\nx := "a"\n\nx := "b" if input.clash\n',
  });
  const run = await policy(cwd, 'bench', '-i', 'clash.json', '--runs', '5');
  assert.equal(run.code, 1);
  assert.match(run.out, /clash\.json.*FAILS.*var assignment conflict/);
});

test('of a directory bench lists what is known to take time', needsToolchain, async (t) => {
  const cwd = policiesWith(t, {
    '.manifest': null,
    'schemas/input.json': null,
    'gateway/decision/answer_test.rego': null,
    'gateway/decision/answer.rego':
      'package gateway.decision\n\n# METADATA\n# entrypoint: true\nanswer := {"allow": ok, "reasons": [{"code": "x"}]}\n\ndefault ok := false\n\nok if regex.match(`^gpt-`, input.model.requested)\n',
  });
  const run = await policy(cwd, 'bench', '--runs', '5');
  assert.equal(run.code, 0, run.err);
  assert.match(
    run.out,
    /^policies\/gateway\/decision\/answer\.rego:9: cost: regex\.match reads its pattern anew at each evaluation\n\thelp: use startswith/m,
  );
  const { costs } = JSON.parse((await policy(cwd, 'bench', '--runs', '5', '--json')).out) as { costs: unknown[] };
  assert.equal(costs.length, 1);
});

test('wrong use', needsToolchain, async (t) => {
  const cwd = policiesWith(t, { '../bad.json': '{', '../none.json': '[]' });
  const runs = await Promise.all(
    [['nowhere'], ['-i', 'nope.json'], ['-i', 'bad.json'], ['-i', 'none.json']].map((args) => policy(cwd, 'bench', ...args)),
  );
  assert.deepEqual(
    runs.map(({ code, err }) => [code, err]),
    [
      [2, 'there is no file or directory nowhere\n'],
      [2, 'nope.json cannot be read\n'],
      [2, 'bad.json is not JSON\n'],
      [2, 'none.json holds no input\n'],
    ],
  );
});

test('percentiles are nearest rank; the first call and the rounds that warm up do not count', () => {
  const clock = { at: 0 };
  const runs = 100;
  const calls = new Map<unknown, number>();
  const slow: PinnedPolicy = {
    stamp: { bundle: 'b', revision: 'r', digest: 'd' },
    has: () => true,
    evaluate: (_entrypoint, input) => {
      const call = (calls.get(input) ?? 0) + 1;
      calls.set(input, call);
      // A second each until it is warm; then 1, 2, ... 100 milliseconds.
      clock.at += call <= runs + 1 ? 1000 : call - runs - 1;
      return { allow: true, reasons: [{ code: 'b' }, { code: 'a' }] };
    },
  };
  const cases = [
    { title: 'one', input: { x: 1 } },
    { title: 'other', input: { x: 22 } },
  ];
  const timings = measure(cases, { policy: slow, entrypoint: 'e', runs, now: () => clock.at });
  const expected = { p50_us: 50_000, p99_us: 99_000, allow: true, codes: ['a', 'b'] };
  assert.deepEqual(timings, [
    { title: 'one', input_bytes: 7, ...expected },
    { title: 'other', input_bytes: 8, ...expected },
  ]);
  assert.deepEqual([...calls.values()], [2 * runs + 1, 2 * runs + 1]);
});

test('timings for people line up', () => {
  const text = describeTimings({
    revision: 'r',
    entrypoint: 'e',
    runs: 2,
    timings: [
      { title: 'short', input_bytes: 9, p50_us: 1.5, p99_us: 20, allow: false, codes: ['x'] },
      { title: 'a longer one', input_bytes: 1000, p50_us: 100, p99_us: 200, codes: [] },
    ],
  });
  assert.equal(
    text,
    `e, revision r, 2 evaluations of each input
  short         9 B     p50 1.5 µs  p99 20 µs   deny: x
  a longer one  1000 B  p50 100 µs  p99 200 µs  answered
`,
  );
});

test('without a configuration the limits are those that one has by default', () => {
  const root = join(import.meta.dirname, '../../..');
  const text = readFileSync(join(root, 'examples/regate.yaml'), 'utf8').replace(/\$\{[A-Z_]+\}/g, 'x');
  const { maxMemoryBytes, maxEvaluationMs } = buildConfiguration(join(root, 'examples/regate.yaml'), text, { environment: {} }).policy;
  assert.deepEqual(defaultLimits, { maxMemoryBytes, maxEvaluationMs });
});
