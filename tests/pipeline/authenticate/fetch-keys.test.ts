import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { suite, type TestContext, test } from 'node:test';
import { Breakage } from '../../../gateway/errors.ts';
import { makeFetchKeys } from '../../../gateway/pipeline/authenticate/fetch-keys.ts';

async function serve(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
}

const refused = { name: 'Breakage', code: 'credential.issuer-unavailable' };
const fetchKeys = makeFetchKeys({ timeoutMs: 2_000, maxBytes: 100 });

suite('fetchKeys', () => {
  test('gives the text', async (t) => {
    assert.equal(await fetchKeys({ url: await serve(t, (_, res) => res.end('{"keys":[]}')) }), '{"keys":[]}');
  });
  test('follows no redirect', async (t) => {
    let asked = 0;
    const url = await serve(t, (_, res) => {
      asked++;
      res.writeHead(302, { location: '/elsewhere' }).end();
    });
    await assert.rejects(fetchKeys({ url }), refused);
    assert.equal(asked, 1);
  });
  test('reads no more than a key set can be long', async (t) => {
    await assert.rejects(fetchKeys({ url: await serve(t, (_, res) => res.end('x'.repeat(101))) }), refused);
  });
  test('takes nothing compressed', async (t) => {
    await assert.rejects(
      fetchKeys({ url: await serve(t, (_, res) => res.writeHead(200, { 'content-encoding': 'gzip' }).end('x')) }),
      refused,
    );
  });
  test('does not wait for ever, neither for the head nor for the body', async (t) => {
    const impatient = makeFetchKeys({ timeoutMs: 50, maxBytes: 100 });
    await assert.rejects(impatient({ url: await serve(t, () => undefined) }), { ...refused, message: /took too long/ });
    await assert.rejects(impatient({ url: await serve(t, (_, res) => res.writeHead(200).write('{')) }), refused);
  });
  test('an error page is no key set', async (t) => {
    await assert.rejects(fetchKeys({ url: await serve(t, (_, res) => res.writeHead(500).end('{"keys":[]}')) }), refused);
  });
  test('a connection that dies is unavailable, with its cause', async (t) => {
    const url = await serve(t, (req) => void req.socket.destroy());
    await assert.rejects(fetchKeys({ url }), (error) => error instanceof Breakage && error.cause instanceof Error);
  });
  for (const url of [
    'http://issuer.example/keys',
    'http://127.0.0.1.issuer.example/keys',
    'http://localhost.issuer.example/',
    'file:///etc/passwd',
  ]) {
    test(`${url} is not asked`, () => assert.rejects(fetchKeys({ url }), { ...refused, message: /not at an https URL/ }));
  }
  test('what is no URL is unavailable', () => assert.rejects(fetchKeys({ url: 'no url' }), refused));
});
