import assert from 'node:assert/strict';
import { chmodSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { needsToolchain, policiesWith, policy } from '../../toolchain/toolchain-harness.ts';

const loose = 'package loose\n\nx:=1\ny := 2\n';
const tidy = 'package loose\n\nx := 1\ny := 2\n';

test('formatted files pass without a word', needsToolchain, async (t) => {
  assert.deepEqual(await policy(policiesWith(t), 'fmt'), { code: 0, out: '', err: '' });
});

test('files that are not formatted are listed, and shown as a patch', needsToolchain, async (t) => {
  const cwd = policiesWith(t, { 'loose.rego': loose });
  assert.deepEqual(await policy(cwd, 'fmt'), { code: 1, out: 'policies/loose.rego\n', err: '' });
  const { code, out } = await policy(cwd, 'fmt', '--diff');
  assert.equal(code, 1);
  assert.equal(out, '--- policies/loose.rego\n+++ policies/loose.rego\n@@ -1,4 +1,4 @@\n package loose\n \n-x:=1\n+x := 1\n y := 2\n');
  const { unformatted } = JSON.parse((await policy(cwd, 'fmt', '--format', 'json')).out) as {
    unformatted: { file: string; diff: string }[];
  };
  assert.deepEqual(unformatted, [{ file: 'policies/loose.rego', diff: out }]);
  assert.equal(readFileSync(join(cwd, 'policies/loose.rego'), 'utf8'), loose);
});

test('--write rewrites them, keeps their mode, and leaves nothing beside them', needsToolchain, async (t) => {
  const cwd = policiesWith(t, { 'loose.rego': loose });
  const file = join(cwd, 'policies/loose.rego');
  chmodSync(file, 0o640);
  const names = readdirSync(join(cwd, 'policies'));
  assert.deepEqual(await policy(cwd, 'fmt', '-w', 'policies/loose.rego'), { code: 0, out: 'policies/loose.rego\n', err: '' });
  assert.equal(readFileSync(file, 'utf8'), tidy);
  assert.deepEqual(readdirSync(join(cwd, 'policies')), names);
  assert.equal(statSync(file).mode & 0o777, 0o640);
  assert.deepEqual(await policy(cwd, 'fmt'), { code: 0, out: '', err: '' });
});

test('a file that does not parse is a finding; the others are still formatted', needsToolchain, async (t) => {
  const cwd = policiesWith(t, { 'a.rego': 'not rego', 'loose.rego': loose });
  const run = await policy(cwd, 'fmt', '-w');
  assert.equal(run.code, 1);
  assert.match(run.err, /^policies\/a\.rego:1: rego_parse_error/m);
  assert.equal(readFileSync(join(cwd, 'policies/loose.rego'), 'utf8'), tidy);
});
