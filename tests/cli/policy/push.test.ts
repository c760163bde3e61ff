import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createSocketServer } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { makeSource } from '../../../gateway/composition/bundle-sources.ts';
import { hostBuiltinNames } from '../../../gateway/engine/builtins/registry.ts';
import { systemClock } from '../../../gateway/observe/clock.ts';
import { keepingLogger, stubBytes, stubPath } from '../../engine/harness.ts';
import { until } from '../../story/until.ts';
import { runPolicy, temporaryDirectory, toolchain } from '../../toolchain/toolchain-harness.ts';
import { openStrictRegistry, type RegistryTraits } from './strict-registry.ts';

const password = 'the-password-of-ci';
const basic = `Basic ${Buffer.from(`ci:${password}`).toString('base64')}`;

function push(t: TestContext, destination: string, ...more: readonly string[]) {
  const cwd = temporaryDirectory(t);
  copyFileSync(stubPath, join(cwd, 'b.tar.gz'));
  const environment = { PASSWORD: password, TOKEN: 'the-token-of-ci' };
  return runPolicy({ cwd, toolchain, hostBuiltins: hostBuiltinNames, environment }, ['push', 'b.tar.gz', destination, ...more]);
}

/** What the gateway pulls from a registry. */
async function pull(host: string): Promise<Uint8Array | undefined> {
  const access = { otherHosts: [], deadlineSeconds: 5, maxBytes: 1 << 22, insecureHttp: true };
  const source = makeSource(
    { source: { kind: 'oci', registry: host, repository: 'team/policy', reference: 'v7', access } },
    { environment: {}, clock: systemClock, logger: keepingLogger() },
  );
  return (await source.ask({ signal: new AbortController().signal })).received?.bytes;
}

async function openRegistry(t: TestContext, traits?: RegistryTraits) {
  const registry = await openStrictRegistry(traits);
  t.after(() => registry.close());
  return registry;
}

test('to a strict registry: blobs, then the manifest; again, only the manifest', async (t) => {
  const registry = await openRegistry(t);
  const made = await push(t, `oci://${registry.host}/team/policy:v7`);
  assert.equal(made.code, 0, made.err);
  const digest = /, digest (sha256:[0-9a-f]{64})\n$/.exec(made.out)?.[1] ?? '';
  assert.match(made.out, /^Pushed b\.tar\.gz to oci:\/\/.*: revision stub-1, sha256 [0-9a-f]{64}, digest/);
  assert.equal(registry.manifests.get('v7'), registry.manifests.get(digest));
  const layer = `sha256:${createHash('sha256').update(stubBytes).digest('hex')}`;
  assert.deepEqual(registry.blobs.get(layer), stubBytes);
  const before = registry.seen.length;
  assert.equal((await push(t, `oci://${registry.host}/team/policy:v8`)).code, 0);
  assert.deepEqual(
    registry.seen.slice(before).map((line) => line.split(' ')[0]),
    ['HEAD', 'HEAD', 'PUT'],
  );
});

test('to a registry whose token service wants to know who pushes', async (t) => {
  const registry = await openRegistry(t, { credential: basic });
  assert.equal((await push(t, `oci://${registry.host}/team/policy:v7`, '--username', 'ci', '--password-env', 'PASSWORD')).code, 0);
  assert.ok(registry.manifests.has('v7'));
  const refused = await push(t, `oci://${registry.host}/team/policy:v8`);
  assert.equal(refused.code, 2);
  assert.match(refused.err, /token service .* answered 401/);
});

test('a registry that would have the bundle elsewhere, or does not take it, is told of', async (t) => {
  const elsewhere = await openRegistry(t);
  const redirecting = await openRegistry(t, { uploadsAt: `http://${elsewhere.host}` });
  const sent = await push(t, `oci://${redirecting.host}/team/policy:v7`);
  assert.deepEqual([sent.code, sent.out], [2, '']);
  assert.match(sent.err, /wants the upload at another host/);
  assert.deepEqual(elsewhere.seen, []);
  const failing = await openRegistry(t, { manifestStatus: 507 });
  assert.match((await push(t, `oci://${failing.host}/team/policy:v7`)).err, /was to take the manifest, and answered 507/);
});

const found = spawnSync('docker-registry', ['--version']).error === undefined;
const skip = found || process.env['CI'] !== undefined ? false : 'there is no docker-registry on this machine';

test('what is pushed to a real registry, the gateway pulls', { skip }, async (t) => {
  const cwd = temporaryDirectory(t);
  const port = await freePort();
  const settings = { version: 0.1, storage: { filesystem: { rootdirectory: join(cwd, 'data') } }, http: { addr: `127.0.0.1:${port}` } };
  writeFileSync(join(cwd, 'config.yml'), JSON.stringify(settings));
  const child = spawn('docker-registry', ['serve', join(cwd, 'config.yml')], {
    stdio: 'ignore',
    env: { ...process.env, OTEL_TRACES_EXPORTER: 'none' },
  });
  const ended = once(child, 'exit');
  t.after(async () => {
    child.kill();
    await ended;
  });
  await until('the registry answers', async () => (await fetch(`http://127.0.0.1:${port}/v2/`).catch(() => undefined))?.status === 200);
  const made = await push(t, `oci://127.0.0.1:${port}/team/policy:v7`);
  assert.equal(made.code, 0, made.err);
  assert.deepEqual(await pull(`127.0.0.1:${port}`), stubBytes);
});

async function freePort(): Promise<number> {
  const server = createSocketServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A web server that takes PUT and knows ETags. */
async function openStore(t: TestContext) {
  let held: { bytes: Buffer; etag: string } | undefined;
  const seen: { authorization: string | undefined; type: string | undefined }[] = [];
  const server = createServer(async (request, response) => {
    const bytes = await buffer(request);
    seen.push({ authorization: request.headers.authorization, type: request.headers['content-type'] });
    if (request.url === '/moved') return void response.writeHead(307, { location: '/b.tar.gz' }).end();
    if (request.url === '/closed') return void response.writeHead(403).end('no');
    const { 'if-match': match, 'if-none-match': none } = request.headers;
    if ((match !== undefined && match !== held?.etag) || (none === '*' && held !== undefined)) return void response.writeHead(412).end();
    held = { bytes, etag: `"${createHash('sha256').update(bytes).digest('hex').slice(0, 8)}"` };
    response.writeHead(held === undefined ? 201 : 204, { etag: held.etag }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen, held: () => held };
}

test('to a web server: PUT with the token, the ETag is told, and guards hold', async (t) => {
  const store = await openStore(t);
  const to = `${store.url}/b.tar.gz`;
  const first = await push(t, to, '--if-absent', '--token-env', 'TOKEN', '--format', 'json');
  assert.equal(first.code, 0, first.err);
  const { etag, revision } = JSON.parse(first.out) as { etag: string; revision: string };
  assert.deepEqual([etag, revision, store.held()?.bytes], [store.held()?.etag, 'stub-1', readFileSync(stubPath)]);
  assert.deepEqual(store.seen, [{ authorization: 'Bearer the-token-of-ci', type: 'application/gzip' }]);
  const again = await push(t, to, '--if-absent');
  assert.deepEqual([again.code, again.out], [2, '']);
  assert.match(again.err, /holds another version than was expected/);
  assert.equal((await push(t, to, '--if-match', '"other"')).code, 2);
  assert.equal((await push(t, to, '--if-match', etag)).code, 0);
});

test('a redirect is not followed, a refusal is told, and no message holds the secret', async (t) => {
  const store = await openStore(t);
  for (const [path, why] of [
    ['/moved', /answered 307 in place of taking the bundle/],
    ['/closed', /does not let us in \(403\)/],
  ] as const) {
    const failed = await push(t, `${store.url}${path}`, '--token-env', 'TOKEN');
    assert.deepEqual([failed.code, failed.out], [2, '']);
    assert.match(failed.err, why);
    assert.doesNotMatch(failed.err, /the-token-of-ci/);
  }
  assert.equal(store.held(), undefined);
});

for (const [what, destination, more, why] of [
  ['plain http to another machine', 'http://bundles.example/b.tar.gz', [], /could be read on the way/],
  ['a password in the URL', 'https://u:p@bundles.example/b', [], /must hold no user name/],
  ['no URL', 'bundles.example/b', [], /is not a URL to push to/],
  ['a file', 'file:///tmp/b', [], /is not a URL to push to/],
  ['no tag', 'oci://registry.example/team/policy', [], /is not oci:\/\/host\/repository:tag/],
  ['a guard that registries do not know', 'oci://registry.example/team/policy:v1', ['--if-absent'], /make the tag immutable/],
  ['half a credential', 'https://bundles.example/b', ['--username', 'ci'], /belong together/],
  ['a variable that is not set', 'https://bundles.example/b', ['--token-env', 'NOPE'], /NOPE is not set/],
  ['nobody there', 'http://127.0.0.1:1/b', [], /127\.0\.0\.1:1 cannot be reached/],
] as const) {
  test(`${what}: exit code 2`, async (t) => {
    const failed = await push(t, destination, ...more);
    assert.deepEqual([failed.code, failed.out], [2, '']);
    assert.match(failed.err, why);
  });
}

test('what is no bundle is not pushed', async (t) => {
  const cwd = temporaryDirectory(t);
  writeFileSync(join(cwd, 'x'), 'no gzip');
  const store = await openStore(t);
  assert.equal((await runPolicy({ cwd, toolchain, hostBuiltins: hostBuiltinNames }, ['push', 'x', `${store.url}/x`])).code, 1);
  assert.equal(store.seen.length, 0);
});
