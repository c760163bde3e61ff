import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refusedBuiltins } from '../../../gateway/engine/builtins/refused.ts';
import { needsToolchain, policiesWith, policy } from '../../toolchain/toolchain-harness.ts';

test('sound policies pass', needsToolchain, async (t) => {
  assert.deepEqual(await policy(policiesWith(t), 'check'), { code: 0, out: 'no errors (files: 2, of these tests: 1)\n', err: '' });
});

test('a misspelt fact is an error, with its place and what was probably meant', needsToolchain, async (t) => {
  const cwd = policiesWith(t, {
    'gateway/decision/typo.rego': 'package gateway.decision\n\nperson := input.identity.orginator\n\nfar := input.modle.requested\n',
  });
  const pretty = await policy(cwd, 'check');
  assert.equal(pretty.code, 1);
  assert.equal(pretty.out, '');
  assert.match(pretty.err, /^policies\/gateway\/decision\/typo\.rego:3: rego_type_error: undefined ref: input\.identity\.orginator$/m);
  assert.match(pretty.err, /^\thelp: did you mean "originator"\?$/m);
  assert.match(pretty.err, /^policies\/gateway\/decision\/typo\.rego:5: rego_type_error: undefined ref: input\.modle\.requested$/m);
  assert.match(pretty.err, /^\thelp: did you mean "model"\?$/m);
  assert.match(pretty.err, /^2 errors$/m);

  const report = await policy(cwd, 'check', '--format', 'json');
  assert.equal(report.code, 1);
  const { errors } = JSON.parse(report.out) as { errors: { location: object; code: string; help: string[] }[] };
  assert.deepEqual(
    errors.map(({ location, code, help }) => ({ location, code, help })),
    [
      {
        location: { file: 'policies/gateway/decision/typo.rego', row: 3, col: 11 },
        code: 'rego_type_error',
        help: ['did you mean "originator"?'],
      },
      {
        location: { file: 'policies/gateway/decision/typo.rego', row: 5, col: 8 },
        code: 'rego_type_error',
        help: ['did you mean "model"?'],
      },
    ],
  );
});

test('a comparison of types that never match is an error', needsToolchain, async (t) => {
  const cwd = policiesWith(t, { 'gateway/decision/type.rego': 'package gateway.decision\n\nx if input.model.requested == 1\n' });
  const run = await policy(cwd, 'check');
  assert.equal(run.code, 1);
  assert.match(run.err, /type\.rego:3: rego_type_error: match error\n\tleft {2}: string\n\tright : number/);
});

test('METADATA names another schema for its package, in place of schemas/input.json', needsToolchain, async (t) => {
  const masked = (path: string) =>
    `# METADATA\n# schemas:\n#   - input: schema.event\npackage system.log\n\n# METADATA\n# entrypoint: true\nmask contains input.${path}\n`;
  const roots = { '.manifest': null };
  assert.equal((await policy(policiesWith(t, { ...roots, 'system/log/mask.rego': masked('kind') }), 'check')).code, 0);
  const run = await policy(policiesWith(t, { ...roots, 'system/log/mask.rego': masked('model') }), 'check');
  assert.match(run.err, /mask\.rego:8: rego_type_error: undefined ref: input\.model$/m);
});

/** How each of the refused built-ins is called. */
const calls: Readonly<Record<string, string>> = {
  'http.send': 'http.send({"method": "GET", "url": "https://example.com"})',
  'net.lookup_ip_addr': 'net.lookup_ip_addr("example.com")',
  'opa.runtime': 'opa.runtime()',
  'rego.parse_module': 'rego.parse_module("x.rego", "package x")',
};

test('a built-in that the gateway does not lend is refused by name, in the words of the gateway', needsToolchain, async (t) => {
  assert.deepEqual(Object.keys(calls), [...refusedBuiltins.keys()]);
  const rules = Object.values(calls).map((call, index) => `x${index} := ${call}`);
  const cwd = policiesWith(t, { 'gateway/decision/fetch.rego': `package gateway.decision\n\n${rules.join('\n\n')}\n` });
  for (const command of ['check', 'build']) {
    const run = await policy(cwd, command);
    assert.equal(run.code, 1);
    for (const [index, [name, why]] of [...refusedBuiltins].entries()) {
      assert.ok(run.err.includes(`fetch.rego:${3 + 2 * index}: rego_type_error: undefined function ${name}\n`), `${name}: ${run.err}`);
      assert.ok(run.err.includes(`help: ${name} is a built-in of OPA that the gateway does not lend to policies: ${why}`), name);
    }
  }
});

test('a test may call what a policy may not', needsToolchain, async (t) => {
  const cwd = policiesWith(t, {
    'gateway/decision/parse_test.rego':
      'package gateway.decision_test\n\ntest_parse if rego.parse_module("x.rego", "package x")["package"]\n',
  });
  assert.equal((await policy(cwd, 'check')).code, 0);
  assert.equal((await policy(cwd, 'test')).code, 0);
});

test('a function that nobody has is an error without advice', needsToolchain, async (t) => {
  const cwd = policiesWith(t, { 'gateway/decision/typo.rego': 'package gateway.decision\n\nx := coutn([])\n' });
  assert.match((await policy(cwd, 'check')).err, /^\S+typo\.rego:3: rego_type_error: undefined function coutn\n1 error\n$/);
});

test('unused variables and imports are errors; errors in tests count', needsToolchain, async (t) => {
  const cwd = policiesWith(t, {
    'gateway/decision/unused.rego': 'package gateway.decision\n\nimport data.models\n\nx := true if y := 1\n',
    'gateway/decision/more_test.rego': 'package gateway.decision_test\n\ntest_x if {\n\tz := 1\n}\n',
  });
  const run = await policy(cwd, 'check');
  assert.match(run.err, /unused\.rego:3: rego_compile_error: import data\.models unused/);
  assert.match(run.err, /unused\.rego:5: rego_compile_error: assigned var y unused/);
  const tests = await policy(
    policiesWith(t, { 'gateway/decision/more_test.rego': 'package gateway.decision_test\n\ntest_x if z\n' }),
    'check',
  );
  assert.match(tests.err, /more_test\.rego:3: rego_unsafe_var_error: var z is unsafe/);
});

test('every file that does not parse is named in one run', needsToolchain, async (t) => {
  const cwd = policiesWith(t, { 'a.rego': 'package a\n\nx = {\n', 'b.rego': 'not rego' });
  const run = await policy(cwd, 'check');
  assert.equal(run.code, 1);
  assert.match(run.err, /^policies\/a\.rego:\d+: rego_parse_error/m);
  assert.match(run.err, /^policies\/b\.rego:1: rego_parse_error/m);
});

test('data and packages outside the roots of the manifest are errors', needsToolchain, async (t) => {
  const data = await policy(policiesWith(t, { 'stray/data.json': '{"x": 1}' }), 'check');
  assert.equal(data.code, 1);
  assert.match(data.err, /^bundle_error: policies: manifest roots \[gateway\/decision models\] do not permit data at path '\/stray/m);
  const rules = await policy(policiesWith(t, { 'stray/stray.rego': 'package stray\n\nx := 1\n' }), 'check');
  assert.match(rules.err, /do not permit 'package stray' in module/);
});

test('a directory that is not there, a file in its place, and one without Rego are wrong use', needsToolchain, async (t) => {
  const cwd = policiesWith(t);
  assert.deepEqual(await policy(cwd, 'check', 'nope'), { code: 2, out: '', err: 'there is no directory nope\n' });
  const file = await policy(cwd, 'check', 'policies/.manifest');
  assert.deepEqual([file.code, file.err], [2, 'policies/.manifest is a file; name the directory that holds the policies\n']);
  const empty = await policy(cwd, 'check', 'policies/schemas');
  assert.deepEqual(
    [empty.code, empty.err],
    [2, 'there is no .rego file below policies/schemas; for a bundle that brings data only, use regate policy build --data\n'],
  );
});
