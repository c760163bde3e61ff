import assert from 'node:assert/strict';
import { once } from 'node:events';
import { suite, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { isRefusal } from '../../gateway/errors.ts';
import { makeGather } from '../../gateway/pipeline/collect/gather.ts';
import { makeInFlight } from '../../gateway/pipeline/collect/in-flight.ts';
import { limits, lines, serve } from '../pipeline/collect/given.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function heapInUse(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

// A chunk of one byte is six on the wire. Kept as it comes it is a buffer of some hundred bytes, so a body well within the limit fills the heap.
suite('one-byte chunks: memory follows the bytes of a body, not the number of its pieces', () => {
  test('a quarter of a million chunks cost a few bytes each', async (t) => {
    const count = 250_000;
    const tail = '{"model":"small","messages":[]}';
    const inFlight = makeInFlight(2 * count);
    const gateway = await serve({ limits: { ...limits, bodyBytes: 2 * count }, inFlight });
    t.after(gateway.close);
    const handled = gateway.handled();
    const head = lines({ host: 'g', 'content-type': 'application/json', 'transfer-encoding': 'chunked' });
    const socket = await gateway.open(`POST /v1/x HTTP/1.1\r\n${head}\r\n`);
    const before = heapInUse();
    const block = '1\r\n \r\n'.repeat(10_000);
    for (let sent = 0; sent < count; sent += 10_000) if (!socket.write(block)) await once(socket, 'drain');
    while (inFlight.held() < count) await setImmediate();
    const perByte = (heapInUse() - before) / count;
    socket.write(`${tail.length.toString(16)}\r\n${tail}\r\n0\r\n\r\n`);
    const { result } = await handled;
    assert.ok(!isRefusal(result));
    assert.equal(result.sizeBytes, count + tail.length);
    assert.ok(perByte < 10, `${perByte.toFixed(0)} bytes of memory for a byte of the body`);
  });

  test('pieces of any size give the bytes that came, in order', () => {
    const size = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 20_000 }));
    fc.assert(
      fc.property(fc.array(size, { maxLength: 40 }), (sizes) => {
        const gather = makeGather();
        const pieces = sizes.map((length, index) => Buffer.alloc(length, index + 1));
        for (const piece of pieces) gather.add(piece);
        assert.ok(gather.whole().equals(Buffer.concat(pieces)));
      }),
      { numRuns: 200 },
    );
  });
});
