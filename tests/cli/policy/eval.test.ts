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

test('--explain alone says which rules held and why the others did not', needsToolchain, async (t) => {
  const cwd = policiesWith(t, asking);
  const pretty = await policy(cwd, 'eval', '--input', 'stranger.yaml', '--explain');
  assert.equal(pretty.code, 0);
  assert.match(pretty.out, /^Rules that hold:\n(.*\n)*Rules that do not, and the first condition that fails:\n(.*\n)*\nAnswer:\n\{\n/);
  const report = await policy(cwd, 'eval', '--input', 'stranger.yaml', '--explain', 'rules', '--format', 'json');
  const { explanation } = JSON.parse(report.out) as {
    explanation: {
      fired: { rule: string; values: unknown[]; location: { file: string; row: number } }[];
      not_fired: { rule: string; stopped: { expression: string; because?: string[] } }[];
    };
  };
  const answer = explanation.fired.find(({ rule }) => rule === 'data.gateway.decision.answer');
  assert.deepEqual(answer?.values, [{ allow: false, reasons: [{ code: 'model.not-granted' }] }]);
  assert.equal(answer?.location.file, 'policies/gateway/decision/answer.rego');
  assert(explanation.not_fired.length > 0 && explanation.not_fired.every(({ stopped }) => stopped.expression !== ''));
});

const told = (file: string) => `package gateway.decision

# METADATA
# entrypoint: true
told := {"deny": deny, "f": f(input.n), "names": names}

deny contains "far" if {
	some place, device in input.devices
	device.kind == "phone"
	data.limits[device.kind] < ${file}
}

f(n) := "big" if n > 5

else := "small"

names[device.kind] := device.id if some device in input.devices
`;

test('an explanation has the values that an expression read, of the time that it came furthest', needsToolchain, async (t) => {
  const cwd = policiesWith(t, {
    '.manifest': null,
    'gateway/decision/told.rego': told('1'),
    'limits/data.yaml': 'phone: 3\n',
    '../in.json': '{"n": 3, "devices": [{"kind": "phone", "id": 1}, {"kind": "laptop", "id": 2}]}',
  });
  const { out } = await policy(cwd, 'eval', '-i', 'in.json', '-e', 'gateway/decision/told', '--explain');
  assert.match(
    out,
    /data\.gateway\.decision\.deny {2}\(\S+told\.rego:7\)\n {6}line 10: data\.limits\[device\.kind\] < 1\n {8}data\.limits\.phone is 3\n {8}device\.kind is "phone"\n/,
  );
  assert.match(out, /decision\.f {2}\(\S+:13\)\n {6}line 13: n > 5\n {8}n is 3\n/);
  assert.match(out, /decision\.f {2}\(\S+:15\)\n {6}= "small"\n/);
  assert.match(out, /decision\.names {2}\(\S+:17\)\n {6}= \{"phone":1\}\n {6}= \{"laptop":2\}\n/);
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
