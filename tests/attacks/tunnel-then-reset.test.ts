import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { test } from 'node:test';
import type { Pipeline } from '../../gateway/pipeline/pipeline.ts';
import { makeServer } from '../../gateway/server.ts';
import { stage } from '../pipeline/accept/request.ts';

// Node takes all its listeners off the socket of a CONNECT, that of `error` too: a reset after it would be an error that nobody hears, and end the
// process. Nobody has to be authenticated for it.
test('a CONNECT, then a reset: the connection ends, the process does not', async (t) => {
  let refused = 0;
  const pipeline: Pipeline = {
    handle: () => Promise.reject(new Error('a CONNECT is no request of the pipeline')),
    broken: async () => void refused++,
  };
  const server = makeServer({ pipeline, arriveBroken: stage.arriveBroken });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  for (let turn = 1; turn <= 5; turn++) {
    const closed = new Promise((resolve) => server.once('connection', (socket) => socket.once('close', resolve)));
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write('CONNECT internal.example:443 HTTP/1.1\r\nHost: internal.example\r\n\r\n');
    await once(socket, 'data');
    socket.resetAndDestroy();
    await closed;
    assert.equal(refused, turn);
  }
});
