import 'reflect-metadata';
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import * as x509 from '@peculiar/x509';
import { dialects } from '../../../gateway/backends/dialects.ts';
import { start, type Upstream } from '../../../gateway/demo/upstream/upstream.ts';
import { isRefusal } from '../../../gateway/errors.ts';
import { systemClock } from '../../../gateway/observe/clock.ts';
import { makeInject } from '../../../gateway/pipeline/inject/inject.ts';
import { makeProxy } from '../../../gateway/pipeline/proxy/proxy.ts';
import { seal } from '../../../gateway/secret.ts';
import type { Backend } from '../../../gateway/vocabulary/catalogue.ts';
import type { Delivered } from '../../../gateway/vocabulary/delivered.ts';
import type { Logger } from '../../../gateway/vocabulary/logger.ts';
import { credential, decisionId, forwardPermit, listingPermit, startStage } from './stage.ts';

const silent: Logger = { error: () => undefined, warn: () => undefined, info: () => undefined, debug: () => undefined };

let upstream: Upstream;
before(async () => {
  upstream = await start({ credential });
});
after(() => upstream.close());

function backend(id: string, baseUrl: string, more: Partial<Backend> = {}): [string, Backend] {
  const timeoutMs = { connect: 1_000, idle: 100 };
  return [id, { id, protocol: 'openai', baseUrl, credential: id, auth: 'bearer', timeoutMs, serves: [], ...more }];
}

/** Tries the models one after the other on the same response, as the pipeline does with fallbacks. */
async function tryAll(models: readonly string[]): Promise<{ text: string; status: number; delivered: Delivered[]; listeners: number }> {
  const catalogue = { backends: new Map([backend('openai', `${upstream.url}/v1`)]) };
  const vault = { fetch: async () => ({ secret: seal(credential), version: '1' }) };
  const { inject } = makeInject({ vault, catalogue, dialects, userAgent: 'regate/test' });
  const proxy = makeProxy({ catalogue, dialects, clock: systemClock, logger: silent });
  const delivered: Delivered[] = [];
  let listeners = 0;
  const server = createServer(async (req, res) => {
    req.resume();
    await once(req, 'end');
    for (const [index, model] of models.entries()) {
      const route = { backend: 'openai', model, upstreamModel: model, credential: 'openai' };
      const body = Buffer.from(JSON.stringify({ model, messages: [] }));
      const armed = await inject(forwardPermit({ protocol: 'openai', operation: 'chat', path: '/chat/completions', route, body }), {
        headers: new Map(),
      });
      assert.ok(!isRefusal(armed));
      const done = await proxy.carry(armed, req, res, decisionId, { mayRetry: index < models.length - 1 });
      delivered.push(done);
      listeners = res.listenerCount('close') + res.listenerCount('drain') + res.listenerCount('finish');
      if (done.committed) break;
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { method: 'POST', body: '{}' });
    return { text: await answer.text(), status: answer.status, delivered, listeners };
  } finally {
    proxy.close();
    server.close();
    server.closeAllConnections();
  }
}

test('after a failure that was kept back, the next attempt answers on the same response, whatever the failure was', async () => {
  for (const fault of ['503', '429', 'reset', 'hang', 'redirect', '401']) {
    const { text, status, delivered } = await tryAll([`demo-fault-${fault}`, 'good']);
    assert.equal(status, 200, fault);
    assert.match(text, /asked for good/);
    assert.deepEqual(
      delivered.map(({ committed }) => committed),
      [false, true],
      fault,
    );
  }
});

test("attempts leave no listeners behind on the caller's response", async () => {
  const once = await tryAll(['good']);
  const thrice = await tryAll(['demo-fault-503', 'demo-fault-reset', 'good']);
  assert.equal(thrice.listeners, once.listeners);
});

test('the last attempt passes a failure on', async () => {
  const { status, delivered } = await tryAll(['demo-fault-500', 'demo-fault-529']);
  assert.equal(status, 529);
  assert.deepEqual(
    delivered.map(({ upstreamStatus }) => upstreamStatus),
    [500, 529],
  );
});

test('a listing is answered here, in either dialect', async () => {
  const proxy = makeProxy({ catalogue: { backends: new Map() }, dialects, clock: systemClock, logger: silent });
  const { inject } = makeInject({
    vault: { fetch: () => assert.fail('no credential is needed') },
    catalogue: { backends: new Map() },
    dialects,
    userAgent: 'regate/test',
  });
  const models = [{ id: 'a', aliases: [], operations: [] }];
  for (const [protocol, single, shape] of [
    ['openai', false, { object: 'list' }],
    ['openai', true, { object: 'model', id: 'a' }],
    ['anthropic', false, { has_more: false, first_id: 'a' }],
    ['anthropic', true, { type: 'model', id: 'a' }],
  ] as const) {
    const server = createServer(async (req, res) => {
      const armed = await inject(listingPermit({ protocol, models, single }), { headers: new Map() });
      assert.ok(!isRefusal(armed));
      const delivered = await proxy.carry(armed, req, res, decisionId);
      assert.deepEqual([delivered.outcome, delivered.status, delivered.committed], ['completed', 200, true]);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    assert.equal(answer.headers.get('x-regate-decision-id'), decisionId);
    assert.partialDeepStrictEqual(await answer.json(), shape);
    server.close();
    server.closeAllConnections();
  }
});

async function makeRoot(): Promise<{ ca: string; key: string; cert: string }> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=test root',
    keys,
    signingAlgorithm: algorithm,
    extensions: [new x509.BasicConstraintsExtension(true), new x509.SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }])],
  });
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  return {
    ca: root.toString('pem'),
    cert: root.toString('pem'),
    key: `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n`,
  };
}

test('a backend with a root of its own is reached over TLS; without that root, or under another name, it is not', async () => {
  const { ca, key, cert } = await makeRoot();
  const secure = await start({ credential, tls: { key, cert } });
  const { port } = new URL(secure.url);
  try {
    for (const [origin, trusted, status] of [
      [secure.url, { ca }, 200],
      [secure.url, {}, 502],
      [`https://localhost:${port}`, { ca }, 502],
    ] as const) {
      const stage = await startStage({ origin, backend: trusted });
      const ask = (): Promise<Response> => fetch(`${stage.url}/v1/chat/completions`, { method: 'POST', body: '{"model":"m"}' });
      assert.equal((await ask()).status, status, origin);
      if (status === 200) assert.equal((await ask()).status, 200, 'over the connection that is open');
      else assert.equal((await stage.delivery()).code, 'upstream.unreachable');
      await stage.close();
    }
    assert.equal(secure.requests.length, 2, 'the credential was shown to nobody else');
  } finally {
    await secure.close();
  }
});
