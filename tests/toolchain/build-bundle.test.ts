import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { compareBundles } from '../../scripts/compare-bundles.ts';
import { needsToolchain, policiesWith, toolchain } from './toolchain-harness.ts';

function buildBundle(cwd: string, ...args: readonly string[]): Promise<{ code: number | string; out: string; err: string }> {
  const script = join(import.meta.dirname, '..', '..', 'scripts', 'build-bundle.ts');
  return new Promise((done) => {
    execFile(process.execPath, [script, '--policies', 'policies', '--bundles', 'bundles', ...args], { cwd }, (error, out, err) =>
      done({ code: error === null ? 0 : (error.code ?? -1), out, err }),
    );
  });
}

test('the bundle and its lock are written, and --check finds them as committed', needsToolchain, async (t) => {
  const cwd = policiesWith(t);
  assert.equal((await buildBundle(cwd)).code, 0);
  const bundle = readFileSync(join(cwd, 'bundles/default/bundle.tar.gz'));
  const { bundles } = JSON.parse(readFileSync(join(cwd, 'bundles/bundles.lock.json'), 'utf8')) as { bundles: Record<string, unknown>[] };
  assert.equal(bundles.length, 1);
  const { revision, ...rest } = bundles[0] ?? {};
  assert.match(String(revision), /^[0-9a-f]{12}$/);
  assert.deepEqual(rest, {
    name: 'default',
    sha256: createHash('sha256').update(bundle).digest('hex'),
    opa: '1.22.2',
    entrypoints: ['gateway/decision/answer'],
  });
  const checked = await buildBundle(cwd, '--check');
  assert.equal(checked.code, 0, checked.err);
});

test('--check says what differs and what to run, and writes nothing', needsToolchain, async (t) => {
  const cwd = policiesWith(t);
  assert.equal((await buildBundle(cwd, '--check')).code, 1);
  assert(!existsSync(join(cwd, 'bundles')));
  await buildBundle(cwd);
  const before = readFileSync(join(cwd, 'bundles/bundles.lock.json'));
  writeFileSync(join(cwd, 'policies/models/data.yaml'), 'engineer: [small]\n');
  const run = await buildBundle(cwd, '--check');
  assert.equal(run.code, 1);
  assert.match(run.err, /^ {2}data\.json has changed\n/m);
  assert.match(run.err, /^ {2}bundles\/bundles\.lock\.json does not name what the policies build to$/m);
  assert.match(run.err, /^ {4}npm run bundle$/m);
  assert.deepEqual(readFileSync(join(cwd, 'bundles/bundles.lock.json')), before);
});

test('policies with errors give no bundle', needsToolchain, async (t) => {
  const cwd = policiesWith(t, { 'gateway/decision/typo.rego': 'package gateway.decision\n\nx := input.modle\n' });
  const run = await buildBundle(cwd);
  assert.equal(run.code, 1);
  assert.match(run.err, /^policies\/gateway\/decision\/typo\.rego:3: undefined ref: input\.modle\n {4}did you mean "model"\?$/m);
  assert(!existsSync(join(cwd, 'bundles')));
});

async function archive(files: Readonly<Record<string, string>>, level: number): Promise<Uint8Array> {
  const tar = pack();
  for (const [name, text] of Object.entries(files)) tar.entry({ name, mtime: new Date(0) }, text);
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar as AsyncIterable<Buffer>) chunks.push(chunk);
  return gzipSync(Buffer.concat(chunks), { level });
}

test('bundles are compared file by file', async () => {
  const one = await archive({ '/a': 'x', '/b': 'y', '/c': 'z' }, 9);
  assert.deepEqual(await compareBundles(one, one), []);
  assert.deepEqual(await compareBundles(one, await archive({ '/a': 'x', '/b': 'Y', '/d': 'z' }, 9)), [
    'b has changed',
    'c is gone',
    'd is new',
  ]);
  const repacked = await compareBundles(one, await archive({ '/a': 'x', '/b': 'y', '/c': 'z' }, 0));
  assert.deepEqual(repacked, ['the files are the same, but packed differently: the toolchain was built with another version of Go']);
});

test('the default policies pass their check', needsToolchain, async () => {
  const { hostBuiltinNames } = await import('../../gateway/engine/builtins/registry.ts');
  const cwd = join(import.meta.dirname, '..', '..');
  const args = () => [`-host-builtins=${hostBuiltinNames.join(',')}`, 'policies'];
  const { code, stderr } = await toolchain.run({ command: 'check', args, paths: ['policies'], cwd });
  assert.equal(code, 0, stderr);
});
