import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfiguration } from '../../gateway/config/load.ts';
import { prepareDemo } from '../../gateway/demo/demo.ts';
import { startGateway } from '../../gateway/main.ts';
import { newId } from '../../gateway/observe/new-id.ts';
import { silent } from './gateway.ts';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function prepare() {
  const directory = mkdtempSync(join(tmpdir(), 'regate-half-'));
  const demo = await prepareDemo({
    directory: join(directory, 'dev'),
    port: await freePort(),
    doorsPort: 0,
    adminPort: 0,
    environment: {},
    newId: () => newId(Date.now()),
  });
  await demo.upstream.close();
  const configuration = loadConfiguration(demo.configurationPath, { environment: {} });
  return { configuration, clear: () => rmSync(directory, { recursive: true, force: true }) };
}

test('a gateway whose doors find their port taken does not stay half started', async (t) => {
  const { configuration, clear } = await prepare();
  t.after(clear);
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  t.after(() => other.close());
  const doors = { ...configuration.doors, port: (other.address() as AddressInfo).port };
  await assert.rejects(startGateway({ ...configuration, doors }, { logger: silent, environment: {} }), { code: 'EADDRINUSE' });
  const caller = connect(configuration.listen.port, '127.0.0.1');
  const [error] = (await once(caller, 'error')) as [NodeJS.ErrnoException];
  assert.equal(error.code, 'ECONNREFUSED', 'nobody serves on the data port');
});

test('a stop does not wait for a caller who never began its TLS handshake', { timeout: 20_000 }, async (t) => {
  const { configuration, clear } = await prepare();
  t.after(clear);
  const listen = { ...configuration.listen, drainSeconds: 0 };
  const gateway = await startGateway({ ...configuration, listen }, { logger: silent, environment: {} });
  const caller = connect(listen.port, '127.0.0.1');
  caller.on('error', () => undefined);
  await once(caller, 'connect');
  const closed = once(caller, 'close');
  await gateway.stop();
  await closed;
});
