import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostBuiltinNames } from '../../../gateway/engine/builtins/registry.ts';
import { needsToolchain, policiesWith, policy, runPolicy, toolchain } from '../../toolchain/toolchain-harness.ts';

const hashing = {
  'gateway/decision/hash.rego': 'package gateway.decision\n\ndigest := crypto.sha256(input.model.requested) if granted\n',
};
const sample = {
  'gateway/decision/hash.rego': 'package gateway.decision\n\ndigest := rego.parse_module("x.rego", input.model.requested) if granted\n',
};

test('a bundle: manifest, entry points with their METADATA, sizes, and the built-ins that its module calls', needsToolchain, async (t) => {
  const cwd = policiesWith(t, hashing);
  assert.equal((await policy(cwd, 'build', '-e', 'gateway/decision/digest', '-r', 'r1')).code, 0);
  const run = await policy(cwd, 'inspect', 'bundle.tar.gz', '--format', 'json');
  assert.equal(run.code, 0);
  const found = JSON.parse(run.out) as {
    manifest: { revision: string };
    entrypoints: { path: string; annotations?: { title: string }[] }[];
    files: { name: string; bytes: number }[];
    builtins: unknown;
  };
  assert.equal(found.manifest.revision, 'r1');
  assert.deepEqual(found.entrypoints.map(({ path }) => path).sort(), ['gateway/decision/answer', 'gateway/decision/digest']);
  assert.equal(found.entrypoints.find(({ path }) => path.endsWith('answer'))?.annotations?.[0]?.title, 'Answer');
  assert((found.files.find(({ name }) => name === 'policy.wasm')?.bytes ?? 0) > 50_000);
  assert.deepEqual(found.builtins, { host: ['crypto.sha256'], refused: [] });

  const pretty = await policy(cwd, 'inspect', 'bundle.tar.gz');
  assert.match(pretty.out, /^Manifest\n {2}revision {2}r1\n {2}roots {5}gateway\/decision models\n/);
  assert.match(pretty.out, /^ {2}gateway\/decision\/answer\n {4}Answer: Whether the caller's role may use the model\.$/m);
  assert.match(pretty.out, /^ {2}lent by the gateway crypto\.sha256$/m);
});

test('a bundle of another gateway: what this one lacks is named', needsToolchain, async (t) => {
  const cwd = policiesWith(t, sample);
  const richer = { cwd, toolchain, hostBuiltins: [...hostBuiltinNames, 'rego.parse_module'] };
  assert.equal((await runPolicy(richer, ['build', '-e', 'gateway/decision/digest'])).code, 0);
  const run = await policy(cwd, 'inspect', 'bundle.tar.gz');
  assert.match(run.out, /^ {2}NOT AVAILABLE {7}rego\.parse_module$/m);
});

test('a directory is shown as it is', needsToolchain, async (t) => {
  const run = await policy(policiesWith(t, sample), 'inspect');
  assert.equal(run.code, 0);
  assert.match(run.out, /^ {2}NOT AVAILABLE {7}rego\.parse_module$/m);
  assert.match(run.out, /^ {2}data\.gateway\.decision$/m);
  assert.match(run.out, /^ {2}compiled in {9}\S/m);
});

test('what is neither is wrong use or a finding', needsToolchain, async (t) => {
  const cwd = policiesWith(t);
  assert.deepEqual((await policy(cwd, 'inspect', 'nope.tar.gz')).code, 2);
  const junk = await policy(cwd, 'inspect', 'policies/.manifest');
  assert.equal(junk.code, 1);
  assert.match(junk.err, /^bundle_error: policies\/\.manifest: /);
});
