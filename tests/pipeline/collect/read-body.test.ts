import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, suite, test } from 'node:test';
import { isRefusal } from '../../../gateway/errors.ts';
import { makeInFlight } from '../../../gateway/pipeline/collect/in-flight.ts';
import { codeOf, type Head, limits, lines, post, serve } from './given.ts';

const closing: (() => Promise<void>)[] = [];
after(async () => {
  for (const close of closing) await close();
});
async function gateway(needs: Parameters<typeof serve>[0] = {}, head: Head = {}) {
  const made = await serve(needs, head);
  closing.push(made.close);
  return made;
}

const small = '{"model":"small", "messages":[],"x":1.0}';
const chunkedHead = (more = {}) =>
  `POST /v1/x HTTP/1.1\r\n${lines({ host: 'g', 'content-type': 'application/json', 'transfer-encoding': 'chunked', ...more })}\r\n`;
const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;

/** An account that tells when something was first reserved, and when it was all given back. */
function watch(limitBytes: number) {
  const account = makeInFlight(limitBytes);
  const reserved = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  return {
    held: account.held,
    reserve(bytes: number) {
      const room = account.reserve(bytes);
      if (room) reserved.resolve();
      return room;
    },
    release(bytes: number) {
      account.release(bytes);
      if (bytes > 0 && account.held() === 0) released.resolve();
    },
    reserved: reserved.promise,
    released: released.promise,
  };
}

suite('what is read', () => {
  test('the exact bytes, in one buffer, and the connection is kept', async () => {
    const at = await gateway();
    const handled = at.handled();
    await at.open(post(small));
    const { result, keepAlive } = await handled;
    assert.ok(!isRefusal(result));
    assert.equal(Buffer.from(result.body?.bytes ?? []).toString(), small);
    assert.deepEqual([result.sizeBytes, keepAlive], [small.length, true]);
  });

  test('a body in many small pieces, cut inside a character', async () => {
    const at = await gateway();
    const text = '{"model":"small","messages":[{"role":"user","content":"é😀"}]}';
    const handled = at.handled();
    const socket = await at.open(chunkedHead());
    socket.setNoDelay(true);
    for (const byte of Buffer.from(text)) socket.write(Buffer.concat([Buffer.from('1\r\n'), Buffer.from([byte]), Buffer.from('\r\n')]));
    socket.write('0\r\n\r\n');
    const { result } = await handled;
    assert.ok(!isRefusal(result));
    assert.equal(Buffer.from(result.body?.bytes ?? []).toString(), text);
  });

  test('Expect: 100-continue gets its continue, and only after the head is judged', async () => {
    const at = await gateway();
    const handled = at.handled();
    const socket = await at.open(post('', { expect: '100-continue', 'content-length': String(small.length) }));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    assert.match(answer.toString(), /^HTTP\/1\.1 100 Continue/);
    socket.write(small);
    assert.equal(isRefusal((await handled).result), false);

    const older = at.handled();
    const old = await at.open(post(small, { expect: '100-continue' }).toString().replace('HTTP/1.1', 'HTTP/1.0'));
    const [only] = (await once(old, 'data')) as [Buffer];
    assert.doesNotMatch(only.toString(), / 100 /, 'HTTP/1.0 knows no interim answer');
    assert.equal(isRefusal((await older).result), false);

    const refused = at.handled();
    const other = await at.open(post('', { expect: '100-continue', 'content-length': String(limits.bodyBytes + 1) }));
    const [told] = (await once(other, 'data')) as [Buffer];
    assert.match(told.toString(), /^HTTP\/1\.1 400/);
    assert.equal(codeOf((await refused).result), 'body.too-large');
  });
});

suite('what the head alone condemns', () => {
  const rows: readonly [string, Record<string, string>, string][] = [
    ['no body at all', { 'content-length': '0' }, 'body.missing'],
    ['no framing', { 'content-length': '' }, 'body.missing'],
    ['gzip', { 'content-encoding': 'gzip' }, 'body.encoded'],
    ['an unknown coding', { 'content-encoding': 'zstd' }, 'body.encoded'],
    ['identity and another', { 'content-encoding': 'identity, br' }, 'body.encoded'],
    ['no content type', { 'content-type': '' }, 'body.not-json'],
    ['a form', { 'content-type': 'multipart/form-data; boundary=x' }, 'body.not-json'],
    ['text', { 'content-type': 'text/plain' }, 'body.not-json'],
    ['another JSON', { 'content-type': 'application/jsonl' }, 'body.not-json'],
    ['UTF-16', { 'content-type': 'application/json; charset=utf-16' }, 'body.not-json'],
    ['two charsets', { 'content-type': 'application/json; charset=utf-8; charset=utf-7' }, 'body.not-json'],
    ['announced above the limit', { 'content-length': String(limits.bodyBytes + 1) }, 'body.too-large'],
  ];
  for (const [name, headers, code] of rows) {
    test(`${name}: ${code}`, async () => {
      const at = await gateway();
      const handled = at.handled();
      await at.open(post('', { 'content-length': '40', ...headers }));
      const { result, keepAlive } = await handled;
      assert.equal(codeOf(result), code);
      assert.equal(keepAlive, code === 'body.missing');
    });
  }

  for (const contentType of ['application/json', 'Application/JSON; charset=UTF-8', 'application/json;charset="utf-8"']) {
    test(`${contentType} is read`, async () => {
      const at = await gateway();
      const handled = at.handled();
      await at.open(post(small, { 'content-type': contentType, 'content-encoding': 'identity' }));
      assert.equal(isRefusal((await handled).result), false);
    });
  }

  test('a body where none belongs', async () => {
    const at = await gateway({}, { operation: 'models' });
    const handled = at.handled();
    await at.open(post('{}'));
    assert.deepEqual([codeOf((await handled).result)], ['body.unexpected']);
    const chunked = at.handled();
    await at.open(chunkedHead());
    const { result, keepAlive } = await chunked;
    assert.deepEqual([codeOf(result), keepAlive], ['body.unexpected', false]);
    const without = at.handled();
    await at.open('GET /v1/models HTTP/1.1\r\nhost: g\r\ncontent-length: 0\r\n\r\n');
    const facts = (await without).result;
    assert.ok(!isRefusal(facts));
    assert.deepEqual([facts.body, facts.model, facts.parameters, facts.sizeBytes], [undefined, undefined, undefined, 0]);
  });
});

suite('what goes wrong while reading', { timeout: 10_000 }, () => {
  test('chunks beyond the limit are refused while they come', async () => {
    const at = await gateway();
    const handled = at.handled();
    const socket = await at.open(chunkedHead());
    for (let i = 0; i < 6; i++) socket.write(chunk('x'.repeat(2000)));
    // No last chunk: a gateway that waits for the end would wait for ever.
    const { result, keepAlive } = await handled;
    assert.deepEqual([codeOf(result), keepAlive], ['body.too-large', false]);
  });

  test('a chunked body without content', async () => {
    const at = await gateway();
    const handled = at.handled();
    await at.open(`${chunkedHead()}0\r\n\r\n`);
    assert.equal(codeOf((await handled).result), 'body.missing');
  });

  test('the caller hangs up in the middle', async () => {
    const at = await gateway();
    const handled = at.handled();
    const socket = await at.open(post('{"mod', { 'content-length': '40' }));
    socket.end();
    assert.equal(codeOf((await handled).result), 'body.incomplete');
  });

  test('the caller resets in the middle of a chunk', async () => {
    const at = await gateway();
    const handled = at.handled();
    const socket = await at.open(`${chunkedHead()}ff\r\n{"mod`);
    socket.resetAndDestroy();
    assert.equal(codeOf((await handled).result), 'body.incomplete');
  });

  test('a body that takes too long', async (t) => {
    const inFlight = watch(1000);
    const at = await gateway({ inFlight });
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const handled = at.handled();
    await at.open(post('{"mod', { 'content-length': '40' }));
    await inFlight.reserved;
    t.mock.timers.tick(limits.bodySeconds * 1000);
    const { result, keepAlive } = await handled;
    assert.deepEqual([codeOf(result), keepAlive], ['body.timeout', false]);
  });
});

suite('the room that all bodies share', { timeout: 10_000 }, () => {
  test('an announced body reserves its length before it comes, and gives it back when the response closes', async () => {
    const inFlight = watch(100);
    const at = await gateway({ inFlight });
    const first = at.handled();
    const hog = await at.open(post('', { 'content-length': '80' }));
    await inFlight.reserved;
    assert.equal(inFlight.held(), 80);
    const second = at.handled();
    // The handlers finish in another order than they were asked: the second is refused at once.
    await at.open(post(small));
    const { result, keepAlive } = await first;
    assert.deepEqual([codeOf(result), keepAlive], ['body.too-many-in-flight', false]);
    hog.destroy();
    assert.equal(codeOf((await second).result), 'body.incomplete');
    await inFlight.released;
    assert.equal(inFlight.held(), 0);
  });

  test('chunks reserve as they come, and what was reserved is given back after the answer', async () => {
    const inFlight = watch(3000);
    const at = await gateway({ inFlight });
    const handled = at.handled();
    const socket = await at.open(chunkedHead());
    socket.write(chunk('x'.repeat(2000)));
    socket.write(chunk('x'.repeat(2000)));
    assert.equal(codeOf((await handled).result), 'body.too-many-in-flight');
    await inFlight.released;
    assert.equal(inFlight.held(), 0);
  });
});
