import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { hostBuiltinNames } from '../../../gateway/engine/builtins/registry.ts';
import { readModule } from '../../../gateway/toolchain/read-module.ts';
import { makeToolchain } from '../../../gateway/toolchain/toolchain.ts';
import { needsToolchain, policiesWith, policy, runPolicy, temporaryDirectory } from '../../toolchain/toolchain-harness.ts';

test('build says what it wrote', needsToolchain, async (t) => {
  const cwd = policiesWith(t);
  const run = await policy(cwd, 'build');
  assert.equal(run.code, 0);
  assert.match(
    run.out,
    /^Wrote bundle\.tar\.gz: \d+ bytes, revision [0-9a-f]{12}, sha256 [0-9a-f]{64}\nentry point gateway\/decision\/answer\n$/,
  );
  const { output, entrypoints, opa } = JSON.parse((await policy(cwd, 'build', '--format', 'json', '-o', 'b.tgz')).out) as Record<
    string,
    unknown
  >;
  assert.deepEqual([output, entrypoints, opa], ['b.tgz', ['gateway/decision/answer'], '1.22.2']);
});

test('build checks input against the schemas, which OPA’s own build does not, and writes nothing then', needsToolchain, async (t) => {
  const cwd = policiesWith(t, { 'gateway/decision/typo.rego': 'package gateway.decision\n\nx := input.identity.rolls\n' });
  const run = await policy(cwd, 'build');
  assert.equal(run.code, 1);
  assert.match(run.err, /typo\.rego:3: rego_type_error: undefined ref: input\.identity\.rolls\n(.*\n)*\thelp: did you mean "roles"\?/);
  assert(!existsSync(join(cwd, 'bundle.tar.gz')));
});

test('without an entry point the error says how to mark one', needsToolchain, async (t) => {
  const cwd = policiesWith(t, { 'gateway/decision/answer.rego': 'package gateway.decision\n\nanswer := {"allow": false}\n' });
  const run = await policy(cwd, 'build');
  assert.equal(run.code, 1);
  assert.match(run.err, /at least one entrypoint\n\thelp: give the rule the METADATA line "entrypoint: true"/);
  assert.equal((await policy(cwd, 'build', '-e', 'gateway/decision/answer')).code, 0);
  assert.match((await policy(cwd, 'build', '-e', 'gateway/decision/answre')).err, /answre/);
});

test('roots that are given must cover what the bundle holds', needsToolchain, async (t) => {
  const cwd = policiesWith(t);
  assert.equal((await policy(cwd, 'build', '--root', 'gateway', '--root', 'models')).code, 0);
  assert.match((await policy(cwd, 'build', '--root', 'gateway')).err, /the roots do not cover all of data\.models/);
  assert.match((await policy(cwd, 'build', '--root', 'models')).err, /the roots do not cover package gateway\.decision of/);
});

test('a place that cannot be written is said, and leaves nothing behind', needsToolchain, async (t) => {
  const cwd = policiesWith(t);
  const run = await policy(cwd, 'build', '-o', 'nope/bundle.tar.gz');
  assert.equal(run.code, 2);
  assert.match(run.err, /nope\/bundle\.tar\.gz cannot be written\.\nENOENT/);
  assert.deepEqual(readdirSync(cwd), ['policies']);
});

test('without a toolchain every command says what to do, with exit code 2', async (t) => {
  const cwd = policiesWith(t);
  const empty = temporaryDirectory(t);
  const world = { cwd, hostBuiltins: hostBuiltinNames, toolchain: makeToolchain({ readModule: () => readModule(empty) }) };
  for (const command of ['build', 'check', 'test', 'fmt', 'eval', 'inspect', 'capabilities']) {
    const run = await runPolicy(world, [command]);
    assert.deepEqual([run.code, run.out], [2, '']);
    assert.match(run.err, /^The policy toolchain is not built: [\s\S]*\n {4}npm run toolchain\n/);
  }
});

test('capabilities: the native built-ins, those that the gateway lends, and no network', needsToolchain, async (t) => {
  const run = await policy(temporaryDirectory(t), 'capabilities');
  const { builtins, allow_net: net } = JSON.parse(run.out) as { builtins: { name: string }[]; allow_net: string[] };
  const names = new Set(builtins.map(({ name }) => name));
  assert.deepEqual(net, []);
  assert.deepEqual(
    hostBuiltinNames.filter((name) => !names.has(name)),
    [],
  );
  assert(names.has('regex.match') && names.has('rego.metadata.rule'));
  assert(!names.has('http.send') && !names.has('opa.runtime'));
});

test('a host built-in that OPA does not know is told by name', needsToolchain, async (t) => {
  const { toolchain } = await import('../../toolchain/toolchain-harness.ts');
  const run = await runPolicy({ cwd: policiesWith(t), toolchain, hostBuiltins: ['time.now_sn'] }, ['check']);
  assert.deepEqual([run.code, run.err], [2, 'the host names a built-in that OPA does not have: time.now_sn\n']);
});
