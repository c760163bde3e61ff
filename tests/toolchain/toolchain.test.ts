import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { Breakage } from '../../gateway/errors.ts';
import { makeToolchain } from '../../gateway/toolchain/toolchain.ts';
import { needsToolchain, policiesWith, temporaryDirectory, toolchain } from './toolchain-harness.ts';

test('a call sees the directories that it names and nothing beside them', needsToolchain, async (t) => {
  const cwd = policiesWith(t);
  mkdirSync(join(cwd, 'secret'));
  writeFileSync(join(cwd, 'secret', 'leak.rego'), 'package leak\n\nx := 1\n');
  const call = { command: 'fmt', args: () => ['policies', `../${basename(cwd)}/secret`], cwd } as const;
  const open = await toolchain.run({ ...call, paths: ['policies', 'secret'] });
  assert.deepEqual([open.code, open.stdout], [0, '']);
  const closed = await toolchain.run({ ...call, paths: ['policies'] });
  assert.equal(closed.code, 2);
  assert.match(closed.stderr, /secret: (Bad file number|No such file or directory|Capabilities insufficient)/);
});

test('relative names are as from the working directory, and messages repeat them as typed', needsToolchain, async (t) => {
  const cwd = policiesWith(t, { 'gateway/decision/broken.rego': 'package gateway.decision\n\nx := \n' });
  const result = await toolchain.run({ command: 'check', args: () => ['../policies'], paths: ['../policies'], cwd: join(cwd, 'policies') });
  assert.equal(result.code, 1);
  assert.match(result.stderr, /^\.\.\/policies\/gateway\/decision\/broken\.rego:4: rego_parse_error: /);
});

test('calls may run at the same time, and leave nothing behind', needsToolchain, async (t) => {
  const cwd = policiesWith(t);
  // A place of its own: other test files run the toolchain at the same time.
  const usual = process.env['TMPDIR'];
  const place = temporaryDirectory(t);
  process.env['TMPDIR'] = place;
  t.after(() => {
    if (usual === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = usual;
  });
  const results = await Promise.all(
    [1, 2, 3].map(() => toolchain.run({ command: 'test', args: () => ['policies'], paths: ['policies'], cwd })),
  );
  assert.deepEqual(
    results.map(({ code, stdout }) => [code, stdout]),
    Array(3).fill([0, 'PASS: 2/2\n']),
  );
  assert.deepEqual(readdirSync(place), []);
});

test('a module that is no WASI command is a breakage with its cause', async (t) => {
  const empty = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  const broken = makeToolchain({ readModule: () => Promise.resolve(empty) });
  await assert.rejects(broken.run({ command: 'check', args: () => [], paths: [], cwd: temporaryDirectory(t) }), (error) => {
    assert(error instanceof Breakage);
    assert.equal(error.message, 'The policy toolchain broke off.');
    assert(error.cause instanceof Error);
    return true;
  });
});

test('an unknown command or flag is wrong use', needsToolchain, async (t) => {
  const cwd = temporaryDirectory(t);
  const unknown = await toolchain.run({ command: 'deploy', args: () => [], paths: [], cwd });
  assert.deepEqual([unknown.code, unknown.stderr], [2, 'unknown command "deploy"\n']);
  const flag = await toolchain.run({ command: 'check', args: () => ['-nope'], paths: [], cwd });
  assert.equal(flag.code, 2);
  assert.match(flag.stderr, /flag provided but not defined: -nope/);
});
