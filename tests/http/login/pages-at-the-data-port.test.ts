import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { makeServer } from '../../../gateway/server.ts';

/** A server of the data port with a page, and what came to whom. */
async function serve(t: TestContext) {
  const came: string[] = [];
  const server = makeServer({
    pipeline: {
      async handle(req, res) {
        came.push(`pipeline ${req.url}`);
        res.end('pipeline');
      },
      async broken() {},
    },
    arriveBroken: () => {
      throw new Error('nothing is broken here');
    },
    pages: new Map([
      [
        '/auth/',
        (req, res) => {
          came.push(`page ${req.url}`);
          res.end('page');
        },
      ],
    ]),
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const ask = async (target: string): Promise<void> => {
    const socket = connect(port, '127.0.0.1');
    socket.end(`GET ${target} HTTP/1.1\r\nhost: gateway\r\nconnection: close\r\n\r\n`);
    socket.resume();
    await once(socket, 'close');
  };
  return { came, ask };
}

test('pages have their prefix in its one spelling; everything else is a model call', async (t) => {
  const { came, ask } = await serve(t);
  const calls = [
    '/v1/models',
    '/auth',
    '/Auth/login',
    '//auth/login',
    '/%61uth/login',
    '/v1/../auth/login',
    '/authx/',
    'http://gateway/auth/login',
    '/v1/auth/login',
  ];
  for (const target of calls) await ask(target);
  for (const target of ['/auth/login', '/auth/../v1/models', '/auth/%2e%2e/v1/chat/completions']) await ask(target);
  assert.deepEqual(came, [
    ...calls.map((target) => `pipeline ${target}`),
    'page /auth/login',
    'page /auth/../v1/models',
    'page /auth/%2e%2e/v1/chat/completions',
  ]);
});
