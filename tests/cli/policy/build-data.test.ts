import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { unpackBundle } from '../../../gateway/bundle/unpack-bundle.ts';
import { hostBuiltinNames } from '../../../gateway/engine/builtins/registry.ts';
import { needsToolchain, policiesWith, runPolicy, temporaryDirectory, toolchain } from '../../toolchain/toolchain-harness.ts';

const build = (cwd: string, ...args: readonly string[]) =>
  runPolicy({ cwd, toolchain, hostBuiltins: hostBuiltinNames }, ['build', ...args]);

test('data are built without rules, under roots of their own, and the same content gives the same bytes', needsToolchain, async (t) => {
  const cwd = temporaryDirectory(t);
  mkdirSync(join(cwd, 'people/roles'), { recursive: true });
  writeFileSync(join(cwd, 'people/roles/data.yaml'), 'engineer: [large]\n');
  const made = await build(cwd, 'people', '--data', '-o', 'people.tar.gz');
  assert.equal(made.code, 0, made.err);
  const first = readFileSync(join(cwd, 'people.tar.gz'));
  const files = await unpackBundle(first);
  assert.deepEqual([...files.keys()].sort(), ['.manifest', 'data.json']);
  assert.deepEqual(JSON.parse(Buffer.from(files.get('data.json') ?? []).toString()), { roles: { engineer: ['large'] } });
  const { revision, roots } = JSON.parse(Buffer.from(files.get('.manifest') ?? []).toString()) as { revision: string; roots: string[] };
  assert.match(revision, /^[0-9a-f]{12}$/);
  assert.deepEqual(roots, ['roles']);
  await build(cwd, 'people', '--data', '-o', 'again.tar.gz');
  assert.deepEqual(readFileSync(join(cwd, 'again.tar.gz')), first);
});

test('data are not built where there are rules, nor a policy where there are none', needsToolchain, async (t) => {
  const cwd = policiesWith(t);
  const withRules = await build(cwd, 'policies', '--data', '-o', 'x.tar.gz');
  assert.equal(withRules.code, 2);
  assert.match(withRules.err, /there are rules below policies; --data is for bundles that bring data only/);
  mkdirSync(join(cwd, 'people'));
  writeFileSync(join(cwd, 'people/data.yaml'), 'a: 1\n');
  const without = await build(cwd, 'people', '-o', 'x.tar.gz');
  assert.match(without.err, /no \.rego file below people; for a bundle that brings data only, use regate policy build --data/);
});
