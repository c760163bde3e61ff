import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { packBundle } from '../../../gateway/bundle/pack-bundle.ts';
import { unpackBundle } from '../../../gateway/bundle/unpack-bundle.ts';
import { makeVerifier } from '../../../gateway/bundle/verifier.ts';
import { requireVerified } from '../../../gateway/bundle/verify-bundle.ts';
import { hostBuiltinNames } from '../../../gateway/engine/builtins/registry.ts';
import { makePair, now, pairFor } from '../../bundle/workbench.ts';
import { least } from '../../config/samples.ts';
import { stubPath } from '../../engine/harness.ts';
import { runPolicy, temporaryDirectory, toolchain } from '../../toolchain/toolchain-harness.ts';

const pair = pairFor('EdDSA');

/** A directory with a bundle and a pair of keys. */
function workplace(t: TestContext): string {
  const cwd = temporaryDirectory(t);
  copyFileSync(stubPath, join(cwd, 'b.tar.gz'));
  writeFileSync(join(cwd, 'release.key'), pair.signing);
  writeFileSync(join(cwd, 'release.pub'), pair.verifying);
  return cwd;
}
const run = (cwd: string, ...args: readonly string[]) => runPolicy({ cwd, toolchain, hostBuiltins: hostBuiltinNames }, args);
const sign = (cwd: string, ...more: readonly string[]) => run(cwd, 'sign', 'b.tar.gz', '--key', 'release.key', ...more);
const verify = (cwd: string, ...more: readonly string[]) =>
  run(cwd, 'verify', 'b.tar.gz', '--key', 'release.pub', '--algorithm', 'EdDSA', ...more);

test('what is signed is verified, in the same bytes for the same moment', async (t) => {
  const cwd = workplace(t);
  const made = await sign(cwd, '--key-id', 'r1', '--scope', 'production', '--expires', '90d', '--issuer', 'ci', '-o', 'signed.tar.gz');
  assert.equal(made.code, 0, made.err);
  assert.match(
    made.out,
    /^Signed signed\.tar\.gz: \d+ files, key r1 \(EdDSA\), scope production, version 1772366400, expires 2026-05-30T12:00:00\.000Z, sha256 [0-9a-f]{64}\n$/,
  );
  const first = readFileSync(join(cwd, 'signed.tar.gz'));
  // Signing what is signed replaces the signature.
  await run(
    cwd,
    'sign',
    'signed.tar.gz',
    '--key',
    'release.key',
    '--key-id',
    'r1',
    '--scope',
    'production',
    '--expires',
    '90d',
    '--issuer',
    'ci',
  );
  assert.deepEqual(readFileSync(join(cwd, 'signed.tar.gz')), first);
  copyFileSync(join(cwd, 'signed.tar.gz'), join(cwd, 'b.tar.gz'));
  const checked = await verify(cwd, '--key-id', 'r1', '--scope', 'production', '--format', 'json');
  assert.equal(checked.code, 0, checked.err);
  const { content, ...report } = JSON.parse(checked.out) as { content: string };
  assert.match(content, /^[0-9a-f]{64}$/);
  assert.deepEqual(report, {
    bundle: 'b.tar.gz',
    verified: true,
    key_id: 'r1',
    scope: 'production',
    version: now / 1000,
    issuer: 'ci',
    issued_at: '2026-03-01T12:00:00.000Z',
    expires_at: '2026-05-30T12:00:00.000Z',
  });
});

test('what is wrong is told file by file, and the exit code is 1', async (t) => {
  const cwd = workplace(t);
  await sign(cwd, '--bundle-version', '3');
  const files = new Map(await unpackBundle(readFileSync(join(cwd, 'b.tar.gz'))));
  const altered = [...files.keys()].find((name) => name.endsWith('.rego')) ?? '';
  files.set(altered, Buffer.from('package evil\n')).set('more.rego', Buffer.from('package more\n')).delete('data.json');
  writeFileSync(join(cwd, 'b.tar.gz'), await packBundle(files));
  const told = await verify(cwd, '--newer-than', '4');
  assert.deepEqual([told.code, told.out], [1, '']);
  const lines = told.err.trimEnd().split('\n');
  assert.equal(lines[0], 'b.tar.gz is not verified:');
  assert.deepEqual(
    lines.slice(1).sort(),
    [
      '  data.json: it is in the signature and not in the bundle',
      `  ${altered}: its content is not what was signed`,
      '  its version is 3, and 4 has been active; a downgrade must be allowed',
      '  more.rego: it is in the bundle and not in the signature',
    ].sort(),
  );
  const json = await verify(cwd, '--newer-than', '4', '--format', 'json');
  assert.deepEqual([json.code, json.err], [1, '']);
  assert.deepEqual(
    (JSON.parse(json.out) as { problems: { code: string; file?: string }[] }).problems.map(({ code, file }) => [code, file]).sort(),
    [
      ['altered-file', altered],
      ['downgrade', undefined],
      ['missing-file', 'data.json'],
      ['unsigned-file', 'more.rego'],
    ].sort(),
  );
});

test('verify does as the gateway with that configuration would', async (t) => {
  const cwd = workplace(t);
  const configuration = (text: string) =>
    writeFileSync(join(cwd, 'regate.yaml'), least.replace('bundle: bundle.tar.gz', `bundle: b.tar.gz\n${text}`));
  configuration('');
  const without = await run(cwd, 'verify', 'b.tar.gz', '--config', 'regate.yaml');
  assert.deepEqual([without.code, without.out], [2, '']);
  assert.match(without.err, /no policy\.verification/);
  configuration(
    '  verification: { keys: [{ id: r1, algorithm: EdDSA, public_key: release.pub }], scope: production, versions_file: v.json }',
  );
  assert.match((await run(cwd, 'verify', 'b.tar.gz', '--config', 'regate.yaml')).err, /holds no \.signatures\.json/);
  await sign(cwd, '--key-id', 'r1', '--scope', 'production', '--bundle-version', '5');
  assert.equal((await run(cwd, 'verify', 'b.tar.gz', '--config', 'regate.yaml')).code, 0);
  const verifier = makeVerifier({
    keys: [{ id: 'r1', algorithm: 'EdDSA', path: join(cwd, 'release.pub') }],
    scope: 'production',
    allowDowngrade: false,
    versionsFile: join(cwd, 'v.json'),
    clock: { now: () => now },
  });
  await sign(cwd, '--key-id', 'r1', '--scope', 'production', '--bundle-version', '6', '-o', 'newer.tar.gz');
  verifier.keep('b', requireVerified(await unpackBundle(readFileSync(join(cwd, 'newer.tar.gz'))), verifier.demand('b')));
  assert.match((await run(cwd, 'verify', 'b.tar.gz', '--config', 'regate.yaml')).err, /version is 5, and 6 has been active/);
  assert.equal((await run(cwd, 'verify', 'b.tar.gz', '--config', 'regate.yaml', '--name', 'other')).code, 0);
});

test('the key may come from the environment, as pipelines hold it', async (t) => {
  const cwd = workplace(t);
  const world = { cwd, toolchain, hostBuiltins: hostBuiltinNames, environment: { SIGNING_KEY: pair.signing } };
  assert.equal((await runPolicy(world, ['sign', 'b.tar.gz', '--key-env', 'SIGNING_KEY'])).code, 0);
  assert.equal((await verify(cwd)).code, 0);
  const unset = await runPolicy(world, ['sign', 'b.tar.gz', '--key-env', 'OTHER']);
  assert.deepEqual([unset.code, unset.err], [2, 'The environment variable OTHER is not set.\n']);
});

test('a secret signs only by name of its algorithm', async (t) => {
  const cwd = workplace(t);
  writeFileSync(join(cwd, 'secret'), 'x'.repeat(64));
  const bare = await run(cwd, 'sign', 'b.tar.gz', '--key', 'secret');
  assert.match(bare.err, /not a private key in PEM\. A secret needs --algorithm HS256/);
  assert.equal((await run(cwd, 'sign', 'b.tar.gz', '--key', 'secret', '--algorithm', 'HS512')).code, 0);
  assert.equal((await run(cwd, 'verify', 'b.tar.gz', '--key', 'secret', '--algorithm', 'HS512')).code, 0);
});

const ed448 = () => generateKeyPairSync('ed448').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

const unusable: readonly [string, string, RegExp][] = [
  ['is public', pair.verifying, /not a private key/],
  ['has a passphrase', '-----BEGIN ENCRYPTED PRIVATE KEY-----\nMII=\n-----END ENCRYPTED PRIVATE KEY-----\n', /encrypted with a passphrase/],
  ['is on a curve that nobody signs bundles with', '', /of a kind that bundles are not signed with/],
];
for (const [what, pem, why] of unusable) {
  test(`a signing key that ${what}: exit code 2, and nothing is written`, async (t) => {
    const cwd = workplace(t);
    writeFileSync(join(cwd, 'release.key'), pem === '' ? ed448() : pem);
    const failed = await sign(cwd, '-o', 'out.tar.gz');
    assert.deepEqual([failed.code, failed.out], [2, '']);
    assert.match(failed.err, why);
    assert.throws(() => readFileSync(join(cwd, 'out.tar.gz')), /ENOENT/);
  });
}

test('a key and an algorithm that do not fit', async (t) => {
  const cwd = workplace(t);
  writeFileSync(join(cwd, 'release.key'), makePair('ES384').signing);
  assert.match((await sign(cwd, '--algorithm', 'ES256')).err, /ES256 needs a key on prime256v1/);
  assert.equal((await sign(cwd)).code, 0);
});

test('what is no bundle is a finding; what is not there, or not said, is wrong use', async (t) => {
  const cwd = workplace(t);
  writeFileSync(join(cwd, 'broken.tar.gz'), 'no gzip');
  assert.equal((await run(cwd, 'verify', 'broken.tar.gz', '--key', 'release.pub', '--algorithm', 'EdDSA')).code, 1);
  assert.equal((await run(cwd, 'verify', 'none.tar.gz', '--key', 'release.pub', '--algorithm', 'EdDSA')).code, 2);
  assert.match((await run(cwd, 'verify', 'b.tar.gz', '--key', 'release.pub')).err, /--key FILE and --algorithm NAME, or --config FILE/);
  assert.match((await run(cwd, 'sign', 'b.tar.gz')).err, /--key FILE or --key-env VARIABLE/);
});
