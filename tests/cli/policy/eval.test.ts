import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needsToolchain, policiesWith, policy } from '../../toolchain/toolchain-harness.ts';

const asking = {
  '../input.json': '{"identity": {"roles": ["engineer"]}, "model": {"requested": "large"}}',
  '../stranger.yaml': 'identity: {roles: [stranger]}\nmodel: {requested: large}\n',
};

test('the answer of the default entry point', needsToolchain, async (t) => {
  const cwd = policiesWith(t, asking);
  const run = await policy(cwd, 'eval', '--input', 'input.json');
  assert.deepEqual([run.code, JSON.parse(run.out)], [0, { allow: true, reasons: [] }]);
  const denied = await policy(cwd, 'eval', '--input', 'stranger.yaml', '-e', 'gateway/decision/answer');
  assert.deepEqual(JSON.parse(denied.out), { allow: false, reasons: [{ code: 'model.not-granted' }] });
});

test('--explain prints how the policy came to it, with places', needsToolchain, async (t) => {
  const cwd = policiesWith(t, asking);
  const run = await policy(cwd, 'eval', '--input', 'stranger.yaml', '--explain', 'fails');
  assert.equal(run.code, 0);
  assert.match(run.out, /^policies\/gateway\/decision\/answer\.rego:\d+ .*\| Fail /m);
  const full = await policy(cwd, 'eval', '--input', 'input.json', '--explain', 'full', '--format', 'json');
  const { explanation, result } = JSON.parse(full.out) as { explanation: string[]; result: { expressions: { value: unknown }[] }[] };
  assert(explanation.some((line) => /answer\.rego:\d+ +\| Enter data\.gateway\.decision\.answer/.test(line)));
  assert.deepEqual(result[0]?.expressions[0]?.value, { allow: true, reasons: [] });
});

test('a query with variables gives its bindings', needsToolchain, async (t) => {
  const run = await policy(policiesWith(t), 'eval', 'some role; "small" in data.models[role]', '--format', 'json');
  const { result } = JSON.parse(run.out) as { result: { bindings: { role: string } }[] };
  assert.deepEqual(result.map(({ bindings }) => bindings.role).sort(), ['engineer', 'intern']);
});

test('--data is laid over the data of the directory', needsToolchain, async (t) => {
  const cwd = policiesWith(t, { '../more.json': '{"models": {"guest": ["tiny"]}, "regate": {"backends": {}}}' });
  const run = await policy(cwd, 'eval', 'data.models', '--data', 'more.json');
  assert.deepEqual(JSON.parse(run.out), { engineer: ['large', 'small'], intern: ['small'], guest: ['tiny'] });
});

test('an undefined answer is a finding', needsToolchain, async (t) => {
  assert.deepEqual(await policy(policiesWith(t), 'eval', 'data.nope'), { code: 1, out: '', err: 'undefined\n' });
});

test('a conflict and a query that does not compile are findings', needsToolchain, async (t) => {
  const cwd = policiesWith(t, { 'gateway/decision/c.rego': 'package gateway.decision\n\nx := 1 if true\n\nx := 2 if true\n' });
  const conflict = await policy(cwd, 'eval', 'data.gateway.decision.x');
  assert.equal(conflict.code, 1);
  assert.match(conflict.err, /c\.rego:5: eval_conflict_error: rule data\.gateway\.decision\.x produced conflicting values:/);
  const refused = await policy(cwd, 'eval', 'http.send({})');
  assert.equal(refused.code, 1);
  assert.match(refused.err, /undefined function http\.send/);
});

test('print goes to stderr with its place', needsToolchain, async (t) => {
  const cwd = policiesWith(t, { 'gateway/decision/p.rego': 'package gateway.decision\n\nx := 1 if print("here", data.models.intern)\n' });
  const run = await policy(cwd, 'eval', 'data.gateway.decision.x');
  assert.deepEqual(run, { code: 0, out: '1\n', err: 'policies/gateway/decision/p.rego:3: here ["small"]\n' });
});

test('wrong use', needsToolchain, async (t) => {
  const cwd = policiesWith(t);
  assert.equal((await policy(cwd, 'eval', 'data', '-e', 'a/b')).code, 2);
  const missing = await policy(cwd, 'eval', '--input', 'nope.json');
  assert.equal(missing.code, 2);
  assert.match(missing.err, /nope\.json/);
});
