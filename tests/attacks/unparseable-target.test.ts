import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { suite, test } from 'node:test';
import { makeServer } from '../../gateway/server.ts';
import { stage } from '../pipeline/accept/request.ts';

// A request target that a URL parser gives up on passes the HTTP parser. Whoever answers it must be the pipeline: every exit has a record.
suite('a target that is no URL: still one door', () => {
  for (const target of ['http://[', 'http://[bad', 'foo://x', 'http://a:b', '//[', '*', '/%', 'x://?y']) {
    test(target, async (t) => {
      const seen: (string | undefined)[] = [];
      const server = makeServer({
        pipeline: {
          async handle(req, res) {
            seen.push(req.url);
            res.writeHead(400, { connection: 'close' }).end('the pipeline');
          },
          broken: async () => void seen.push('broken'),
        },
        arriveBroken: stage.arriveBroken,
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      t.after(() => server.close());
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
      socket.end(`GET ${target} HTTP/1.1\r\nHost: g\r\n\r\n`);
      const answer = await text(socket);
      assert.equal(seen.length, 1);
      assert.doesNotMatch(answer, /<html/i);
    });
  }
});
