import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it, type TestContext } from 'node:test';
import { makeSource } from '../../../gateway/composition/bundle-sources.ts';
import { systemClock } from '../../../gateway/observe/clock.ts';
import type { Source } from '../../../gateway/rollout/sources/source.ts';
import type { HttpAccessConfiguration } from '../../../gateway/vocabulary/bundles.ts';
import { keepingLogger, packBundle, stubBytes } from '../../engine/harness.ts';
import { type Handler, serve, type TestServer } from './bundle-server.ts';
import { describeSource, failed } from './contract.ts';

const password = 'the-password-of-the-registry';
const layerType = 'application/vnd.oci.image.layer.v1.tar+gzip';
const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const digestOf = (bytes: Uint8Array | string) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** A registry as the distribution specification describes it, with one tag. */
function makeRegistry() {
  const blobs = new Map<string, Buffer>();
  const manifests = new Map<string, Buffer>();
  const handler: Handler = ({ path }, res) => {
    const [, kind = '', name = ''] = /^\/v2\/team\/policy\/(manifests|blobs)\/(.+)$/.exec(path) ?? [];
    const content = (kind === 'blobs' ? blobs : manifests).get(name);
    if (content === undefined) return void res.writeHead(404).end('{"errors":[{"code":"MANIFEST_UNKNOWN"}]}');
    res.writeHead(200, { 'content-length': content.length }).end(content);
  };
  function put(manifest: object, ...names: string[]): string {
    const bytes = Buffer.from(JSON.stringify(manifest));
    for (const name of [...names, digestOf(bytes)]) manifests.set(name, bytes);
    return digestOf(bytes);
  }
  function describeLayer(bytes: Buffer, mediaType = layerType) {
    blobs.set(digestOf(bytes), bytes);
    return { mediaType, digest: digestOf(bytes), size: bytes.length };
  }
  const config = describeLayer(Buffer.from('{}'), 'application/vnd.oci.image.config.v1+json');
  const imageOf = (...layers: object[]) => ({ schemaVersion: 2, mediaType: manifestType, config, layers });
  return { handler, blobs, manifests, put, describeLayer, imageOf };
}

function sourceOf(host: string, reference = 'v1', access: Partial<HttpAccessConfiguration> = {}): Source {
  const defaults: HttpAccessConfiguration = { otherHosts: [], deadlineSeconds: 5, maxBytes: 1 << 20, insecureHttp: true };
  return makeSource(
    { source: { kind: 'oci', registry: host, repository: 'team/policy', reference, access: { ...defaults, ...access } } },
    { environment: { PASSWORD: password }, clock: systemClock, logger: keepingLogger() },
  );
}
const basic = { scheme: 'basic', username: 'robot', password: { source: 'environment', name: 'PASSWORD' } } as const;
const basicHeader = `Basic ${Buffer.from(`robot:${password}`).toString('base64')}`;
const ask = (source: Source) => source.ask({ signal: new AbortController().signal });

async function open(t: TestContext, handler: Handler): Promise<TestServer> {
  const server = await serve(handler);
  t.after(() => server.close());
  return server;
}

describeSource('an OCI registry', async () => {
  const registry = makeRegistry();
  const server = await serve(registry.handler);
  return {
    source: sourceOf(server.host, 'v1', { authorization: basic }),
    async publish(files) {
      const bytes = await packBundle(Object.entries(files).map(([name, content]) => ({ name, content })));
      registry.put(registry.imageOf(registry.describeLayer(bytes)), 'v1');
    },
    withdraw: async () => registry.manifests.clear(),
    secrets: [password],
    close: () => server.close(),
  };
});

describe('an artifact', () => {
  it('may be named by an index, beside statements about it', async (t) => {
    const registry = makeRegistry();
    const digest = registry.put(registry.imageOf(registry.describeLayer(stubBytes)));
    const statement = {
      mediaType: manifestType,
      digest: digestOf('x'),
      annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
    };
    registry.put({ schemaVersion: 2, manifests: [{ mediaType: manifestType, digest, size: 1 }, statement] }, 'v1');
    const { host } = await open(t, registry.handler);
    assert.deepEqual((await ask(sourceOf(host))).received?.bytes, stubBytes);
  });

  it('may be named by its digest, and is then that one or none', async (t) => {
    const registry = makeRegistry();
    const digest = registry.put(registry.imageOf(registry.describeLayer(stubBytes)));
    const { host } = await open(t, registry.handler);
    assert.deepEqual((await ask(sourceOf(host, digest))).received?.bytes, stubBytes);
    registry.manifests.set(digest, Buffer.from(JSON.stringify(registry.imageOf())));
    await assert.rejects(ask(sourceOf(host, digest)), failed(['answer'], {}, /not the one that its digest names/));
  });

  const bad: readonly [string, (registry: ReturnType<typeof makeRegistry>) => object, RegExp][] = [
    [
      'whose layer is another one',
      (registry) => {
        const layer = registry.describeLayer(stubBytes);
        registry.blobs.set(layer.digest, Buffer.from('something else'));
        return registry.imageOf(layer);
      },
      /its layer is not the one that its digest names/,
    ],
    ['without a layer', (registry) => registry.imageOf(), /has 0 layers that could be a bundle/],
    [
      'with two layers',
      (registry) => registry.imageOf(registry.describeLayer(stubBytes), registry.describeLayer(Buffer.from('two'))),
      /has 2 layers/,
    ],
    ['whose layer is of another kind', (registry) => registry.imageOf(registry.describeLayer(stubBytes, 'text/plain')), /has 0 layers/],
    [
      'whose digest leads elsewhere',
      (registry) => registry.imageOf({ ...registry.describeLayer(stubBytes), digest: 'sha256:../../x' }),
      /digest that is not SHA-256/,
    ],
    ['whose layers are no list', () => ({ layers: 'x' }), /malformed/],
    [
      'that is an index of many',
      () => ({ manifests: [{ digest: digestOf('a') }, { digest: digestOf('b') }] }),
      /its index names 2 manifests/,
    ],
    [
      'that is an index of an index',
      (registry) => ({ manifests: [{ digest: registry.put({ manifests: [] }) }] }),
      /its index holds an index/,
    ],
  ];
  for (const [what, make, says] of bad) {
    it(`${what} is refused`, async (t) => {
      const registry = makeRegistry();
      registry.put(make(registry), 'v1');
      const { host } = await open(t, registry.handler);
      await assert.rejects(ask(sourceOf(host)), failed(['answer'], {}, says));
    });
  }

  it('that is too large is refused before it is fetched', async (t) => {
    const registry = makeRegistry();
    registry.put(registry.imageOf({ ...registry.describeLayer(stubBytes), size: 1 << 30 }), 'v1');
    const { host, seen } = await open(t, registry.handler);
    await assert.rejects(ask(sourceOf(host)), failed(['too-large']));
    assert.ok(!seen.some(({ path }) => path.includes('/blobs/')));
  });
});

describe('a registry that asks who is there', () => {
  /** Wants a token of a service; the service wants the password. */
  async function openGuarded(t: TestContext, realmOf: (own: string) => string = (own) => own) {
    const registry = makeRegistry();
    registry.put(registry.imageOf(registry.describeLayer(stubBytes)), 'v1');
    const service = await open(t, ({ headers }, res) =>
      headers['authorization'] === basicHeader ? void res.writeHead(200).end('{"token":"pull-token"}') : void res.writeHead(401).end(),
    );
    const server = await open(t, (seen, res) => {
      if (seen.headers['authorization'] === 'Bearer pull-token') return registry.handler(seen, res);
      const challenge = `Bearer realm="${realmOf(service.url)}/token",service="registry",scope="repository:team/policy:pull"`;
      return void res.writeHead(401, { 'www-authenticate': challenge }).end();
    });
    return { server, service };
  }

  it('is shown a token of its service, which is shown the password', async (t) => {
    const { server, service } = await openGuarded(t);
    const source = sourceOf(server.host, 'v1', { authorization: basic, otherHosts: [service.host] });
    assert.deepEqual((await ask(source)).received?.bytes, stubBytes);
    assert.equal(service.seen[0]?.path, '/token?service=registry&scope=repository%3Ateam%2Fpolicy%3Apull');
    assert.ok(server.seen.every(({ headers }) => headers['authorization'] !== basicHeader));
  });

  it('does not have the password sent to a host that nobody has named', async (t) => {
    const { server, service } = await openGuarded(t);
    await assert.rejects(
      ask(sourceOf(server.host, 'v1', { authorization: basic })),
      failed(['answer'], { secrets: [password] }, /names a token service at .*, which is not allowed/),
    );
    assert.equal(service.seen.length, 0);
  });

  it('and refuses even so is not asked for ever', async (t) => {
    const { host, seen } = await open(t, (_s, res) => void res.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end());
    await assert.rejects(
      ask(sourceOf(host, 'v1', { authorization: basic })),
      failed(['answer'], { secrets: [password] }, /does not let the gateway in/),
    );
    assert.deepEqual(
      seen.map(({ headers }) => headers['authorization']),
      [undefined, basicHeader],
    );
  });
});
