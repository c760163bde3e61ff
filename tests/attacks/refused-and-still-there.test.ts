import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { suite, test } from 'node:test';
import { makeServer } from '../../gateway/server.ts';
import { stage } from '../pipeline/accept/request.ts';

// A connection that is refused by hand is no longer under Node's limits. A caller who just stays, or sends what nobody reads, must not keep it open.
suite('refused by hand, and still there: the connection is closed all the same, and recorded once', () => {
  const big = 'x'.repeat(300_000);
  for (const [name, first, then] of [
    ['a tunnel, then silence', 'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n', ''],
    ['a tunnel, then bytes that nobody reads', 'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n', big],
    ['no HTTP, then silence', 'NO HTTP AT ALL\r\n\r\n', ''],
    ['no HTTP, again and again', 'NO HTTP AT ALL\r\n\r\n', `${big}\r\n\r\n`],
  ] as const) {
    test(name, async (t) => {
      let records = 0;
      const server = makeServer({
        pipeline: { handle: () => Promise.reject(new Error('not a request')), broken: async () => void records++ },
        arriveBroken: stage.arriveBroken,
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      t.after(() => server.close());
      t.mock.timers.enable({ apis: ['setTimeout'] });
      const accepted = once(server, 'connection') as Promise<[Socket]>;
      const caller = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true });
      t.after(() => caller.destroy());
      caller.on('error', () => undefined);
      caller.write(first);
      const [socket] = await accepted;
      const closed = new Promise((resolve) => socket.once('close', resolve));
      const [answer] = (await once(caller, 'data')) as [Buffer];
      assert.match(answer.toString(), /^HTTP\/1\.1 400 /);
      if (then !== '') await new Promise((resolve) => caller.write(then, resolve));
      t.mock.timers.tick(1_000);
      await closed;
      assert.equal(records, 1);
    });
  }
});
