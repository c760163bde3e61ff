import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { unpackTar } from '../../gateway/bundle/unpack-tar.ts';
import { readBundle } from '../../gateway/engine/read-bundle.ts';
import { needsToolchain, policiesWith, policy, small } from './toolchain-harness.ts';

async function build(cwd: string, ...args: readonly string[]): Promise<Uint8Array> {
  const run = await policy(cwd, 'build', ...args, '-o', 'out.tar.gz');
  assert.equal(run.code, 0, run.err);
  return readFileSync(join(cwd, 'out.tar.gz'));
}

const answer = readFileSync(join(small, 'gateway/decision/answer.rego'), 'utf8');
/** A package that no entry point reaches, and that says so. */
const library = (name: string, value: number) => `# METADATA\n# custom: {regate: {library: true}}\npackage ${name}\n\nanswer := ${value}\n`;
const unpack = async (bundle: Uint8Array) => unpackTar(gunzipSync(bundle));
const json = (bytes: Uint8Array | undefined): unknown => JSON.parse(Buffer.from(bytes ?? []).toString());

test('the same content gives the same bytes, wherever it lies and however it is named', needsToolchain, async (t) => {
  const here = policiesWith(t);
  const there = policiesWith(t);
  cpSync(join(there, 'policies'), join(there, 'elsewhere'), { recursive: true });
  const first = await build(here, 'policies');
  assert.deepEqual(await build(here, 'policies'), first);
  assert.deepEqual(await build(there, join(there, 'elsewhere')), first);
  assert.deepEqual(await build(join(there, 'elsewhere'), '../elsewhere'), first);
  // The directory's own name does not make it hidden.
  assert.deepEqual(await build(join(there, 'elsewhere'), '.'), first);
  cpSync(join(here, 'policies'), join(there, '.hidden'), { recursive: true });
  assert.deepEqual(await build(there, '.hidden'), first);
  assert.deepEqual(await build(there, './policies/'), first);
});

test('a bundle holds manifest, module, data and Rego; neither tests nor schemas nor hidden files', needsToolchain, async (t) => {
  const cwd = policiesWith(t, {
    'schemas/data.json': '{"type": "object"}',
    '.git/data.json': '{"hidden": true}',
    '..data/models/data.json': '{"hidden": true}',
  });
  const files = await unpack(await build(cwd));
  assert.deepEqual([...files.keys()].sort(), ['.manifest', 'data.json', 'gateway/decision/answer.rego', 'policy.wasm']);
  assert.deepEqual(json(files.get('data.json')), { models: { engineer: ['large', 'small'], intern: ['small'] } });
  const { wasm, ...manifest } = json(files.get('.manifest')) as {
    revision: string;
    wasm: { entrypoint: string; annotations: unknown[] }[];
  };
  assert.match(manifest.revision, /^[0-9a-f]{12}$/);
  assert.deepEqual(
    { ...manifest, revision: '' },
    { revision: '', roots: ['gateway/decision', 'models'], rego_version: 1, metadata: { regate: { contract: 1 } } },
  );
  assert.deepEqual(
    wasm.map(({ entrypoint, annotations }) => [entrypoint, annotations.length]),
    [['gateway/decision/answer', 1]],
  );
});

test(
  'a link to a file counts as the file; a link to a directory is an error, never a rule left out in silence',
  needsToolchain,
  async (t) => {
    const cwd = policiesWith(t, { 'gateway/decision/answer.rego': null, '..data/answer.rego': answer });
    symlinkSync('../../..data/answer.rego', join(cwd, 'policies/gateway/decision/answer.rego'));
    assert.deepEqual(await build(cwd), await build(policiesWith(t)));
    mkdirSync(join(cwd, 'policies/gateway/more'));
    writeFileSync(join(cwd, 'policies/gateway/more/more.rego'), 'package gateway.decision\n\nmore := 1\n');
    symlinkSync('more', join(cwd, 'policies/gateway/linked'));
    for (const command of ['check', 'build']) {
      const run = await policy(cwd, command);
      assert.notEqual(run.code, 0, run.out);
      assert.match(run.err, /gateway\/linked.*\n\thelp: it is a link to a directory/);
    }
  },
);

test('the revision: the flag, then the manifest, then the content; tests do not change it, data does', needsToolchain, async (t) => {
  const revisionOf = async (cwd: string, ...args: readonly string[]) =>
    (json((await unpack(await build(cwd, ...args))).get('.manifest')) as { revision: string }).revision;
  const plain = await revisionOf(policiesWith(t));
  assert.equal(await revisionOf(policiesWith(t, { 'gateway/decision/answer_test.rego': null })), plain);
  assert.notEqual(await revisionOf(policiesWith(t, { 'models/data.yaml': 'engineer: []\n' })), plain);
  const named = policiesWith(t, { '.manifest': '{"revision": "from-manifest", "roots": ["gateway", "models"]}' });
  assert.equal(await revisionOf(named), 'from-manifest');
  assert.equal(await revisionOf(named, '--revision', 'from-flag'), 'from-flag');
});

test('without a manifest the roots are the packages and the keys of data, never all of data', needsToolchain, async (t) => {
  const cwd = policiesWith(t, {
    '.manifest': null,
    'regate/lib/lib.rego': library('regate.lib', 1),
    'regate/lib/a/a.rego': library('regate.lib.a', 2),
    'regate/lib/b/b.rego': library('regate.lib.b', 3),
    'regate/settings/data.json': '{"on": true}',
  });
  const { roots } = json((await unpack(await build(cwd))).get('.manifest')) as { roots: string[] };
  assert.deepEqual(roots, ['gateway/decision', 'models', 'regate/lib', 'regate/settings']);
});

test('directories are merged; two that own the same part of data are not', needsToolchain, async (t) => {
  const cwd = policiesWith(t, {
    '../team/layers/team/team.rego': library('layers.team', 1),
    '../twin/layers/team/team.rego': 'package layers.twin\n\nanswer := 1\n',
    '../rival/models/data.json': '{"engineer": []}',
    '../rival/layers/rival/rival.rego': 'package layers.rival\n\nanswer := 1\n',
  });
  const files = await unpack(await build(cwd, 'policies', 'team'));
  assert(files.has('layers/team/team.rego'));
  const { roots, metadata } = json(files.get('.manifest')) as { roots: string[]; metadata: unknown };
  assert.deepEqual(roots.sort(), ['gateway/decision', 'layers/team', 'models']);
  assert.deepEqual(metadata, { regate: { contract: 1 } });
  const rivals = await policy(cwd, 'build', 'policies', 'rival');
  assert.equal(rivals.code, 1);
  assert.match(rivals.err, /^bundle_error: policies and rival both own data\.models$/m);
  const twins = await policy(cwd, 'build', 'team', 'twin');
  assert.match(twins.err, /^bundle_error: team and twin both hold a file layers\/team\/team\.rego$/m);
});

test('the engine reads it', needsToolchain, async (t) => {
  const bundle = await readBundle('small.tar.gz', await build(policiesWith(t)));
  assert.deepEqual(bundle.entrypoints, ['gateway/decision/answer']);
  assert.deepEqual(Object.keys(bundle.data), ['models']);
});

const opa = join(homedir(), 'go', 'bin', 'opa');
const needsOpa = existsSync(opa) ? needsToolchain : { skip: `there is no opa in ${opa}` };

test('opa itself reads it', needsOpa, async (t) => {
  const cwd = policiesWith(t);
  await build(cwd);
  const { manifest } = JSON.parse(execFileSync(opa, ['inspect', '-f', 'json', 'out.tar.gz'], { cwd, encoding: 'utf8' })) as {
    manifest: { roots: string[]; wasm: { entrypoint: string }[] };
  };
  assert.deepEqual(manifest.roots, ['gateway/decision', 'models']);
  assert.deepEqual(
    manifest.wasm.map(({ entrypoint }) => entrypoint),
    ['gateway/decision/answer'],
  );
});
