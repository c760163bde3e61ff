import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { after, suite, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import fc from 'fast-check';
import { readProxyHeader } from '../../gateway/listener/read-proxy-header.ts';
import { callers, mintToken } from '../story/callers.ts';
import { isDecided } from '../story/read-log.ts';
import { storyTime } from '../story/scene.ts';
import { until } from '../story/until.ts';
import { openWorld, type World } from '../story/world.ts';

const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
function binary(command: number, family: number, body: Buffer, size = body.length): Buffer {
  const head = Buffer.from([command, family, 0, 0]);
  head.writeUInt16BE(size, 2);
  return Buffer.concat([signature, head, body]);
}
const v4 = Buffer.from([192, 0, 2, 7, 127, 0, 0, 1, 0x12, 0x67, 0x20, 0xfb]);
const v6 = Buffer.concat([Buffer.from('20010db8000100000000000000000007', 'hex'), Buffer.alloc(16), Buffer.from([0x12, 0x67, 0x20, 0xfb])]);

suite('a header of the PROXY protocol', () => {
  const read = (text: string | Buffer) => readProxyHeader(Buffer.from(text as string));
  for (const [what, bytes, address] of [
    ['version 1, IPv4', 'PROXY TCP4 192.0.2.7 127.0.0.1 4711 8443\r\n', '192.0.2.7'],
    ['version 1, IPv6', 'PROXY TCP6 2001:db8:1::7 ::1 4711 8443\r\n', '2001:db8:1::7'],
    ['version 2, IPv4', binary(0x21, 0x11, v4), '192.0.2.7'],
    ['version 2, IPv6', binary(0x21, 0x21, v6), '2001:db8:1:0:0:0:0:7'],
    ['version 2 with extensions', binary(0x21, 0x11, Buffer.concat([v4, Buffer.from([4, 0, 1, 0])])), '192.0.2.7'],
  ] as const) {
    test(what, () => {
      const result = read(bytes as string);
      assert.ok(typeof result === 'object' && result.announced !== 'nobody');
      assert.equal(result.announced.address, address);
      assert.equal(result.length, Buffer.from(bytes as string).length);
    });
  }
  for (const [what, bytes] of [
    ['version 1, UNKNOWN', 'PROXY UNKNOWN\r\n'],
    ['version 1, UNKNOWN with addresses, which say nothing', 'PROXY UNKNOWN 192.0.2.7 127.0.0.1 4711 8443\r\n'],
    ['version 2, LOCAL', binary(0x20, 0x11, v4)],
    ['version 2, of no family', binary(0x21, 0x00, Buffer.alloc(0))],
  ] as const) {
    test(`${what}: nobody`, () => {
      const result = read(bytes as string);
      assert.ok(typeof result === 'object');
      assert.equal(result.announced, 'nobody');
    });
  }
  for (const [what, bytes] of [
    ['TLS', Buffer.from([0x16, 3, 1, 0, 5])],
    ['HTTP', 'GET / HTTP/1.1\r\n\r\n'],
    ['in small letters', 'proxy TCP4 192.0.2.7 127.0.0.1 4711 8443\r\n'],
    ['of another family than its addresses', 'PROXY TCP4 2001:db8::7 ::1 4711 8443\r\n'],
    ['with an address in octal', 'PROXY TCP4 0300.0.2.7 127.0.0.1 4711 8443\r\n'],
    ['with a port that is none', 'PROXY TCP4 192.0.2.7 127.0.0.1 65536 8443\r\n'],
    ['with a port that begins with a zero', 'PROXY TCP4 192.0.2.7 127.0.0.1 04711 8443\r\n'],
    ['with two spaces', 'PROXY  TCP4 192.0.2.7 127.0.0.1 4711 8443\r\n'],
    ['with something at its end', 'PROXY TCP4 192.0.2.7 127.0.0.1 4711 8443 x\r\n'],
    ['longer than 107 bytes', `PROXY UNKNOWN ${'x'.repeat(100)}\r\n`],
    ['that never ends', 'PROXY TCP4 '.padEnd(107, '1')],
    ['version 2 of another version', binary(0x31, 0x11, v4)],
    ['version 2 with another command', binary(0x22, 0x11, v4)],
    ['version 2 with too few bytes for its family', binary(0x21, 0x21, v4)],
    ['version 2 for UDP', binary(0x21, 0x12, v4)],
    ['version 2 for a Unix socket', binary(0x21, 0x31, Buffer.alloc(216))],
    ['version 2 that is too large', binary(0x21, 0x11, v4, 65_535)],
    ['a signature that breaks off', Buffer.from('\r\n\r\n\0\r\nQUIX\n', 'latin1')],
  ] as const) {
    test(`${what}: malformed`, () => assert.equal(read(bytes as string), 'malformed'));
  }
  test('a piece of one is waited for, byte by byte', () => {
    for (const whole of [Buffer.from('PROXY TCP4 192.0.2.7 127.0.0.1 4711 8443\r\n'), binary(0x21, 0x11, v4)]) {
      for (let length = 0; length < whole.length; length++) assert.equal(readProxyHeader(whole.subarray(0, length)), 'more');
      assert.equal(typeof readProxyHeader(whole), 'object');
    }
  });
  test('fuzz: never throws, and never reads more than there is', () => {
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 64 }),
      fc.uint8Array({ maxLength: 64 }).map((tail) => Buffer.concat([signature, tail])),
    );
    fc.assert(
      fc.property(anything, (bytes) => {
        const result = readProxyHeader(Buffer.from(bytes));
        assert.ok(typeof result === 'string' || result.length <= bytes.length);
      }),
      { numRuns: 3000 },
    );
  });
});

interface Told {
  readonly text: string;
  readonly record: { readonly requested_by: string; readonly code?: string; readonly location: unknown } | undefined;
}

for (const mode of ['files', 'plaintext'] as const) {
  suite(`on a listener with ${mode === 'files' ? 'TLS' : 'plain HTTP'}`, async () => {
    const world: World = await openWorld({
      setting: 'standard',
      change: (configuration) => ({
        ...configuration,
        listen: { ...configuration.listen, ...(mode === 'plaintext' ? { tls: { mode } } : {}), proxy_protocol: true },
      }),
    });
    after(() => world.close());
    const office = 'PROXY TCP4 192.0.2.7 127.0.0.1 4711 8443\r\n';

    /** Sends a request behind some bytes; the answer as text, empty where the connection was closed. */
    async function call(first: string | Buffer, { from = '127.0.0.9', headers = '', pieces = 1 } = {}): Promise<Told> {
      const socket = connect({ host: '127.0.0.1', port: world.port, localAddress: from });
      const bytes = Buffer.from(first as string);
      for (let at = 0; at < bytes.length; at += Math.ceil(bytes.length / pieces)) {
        socket.write(bytes.subarray(at, at + Math.ceil(bytes.length / pieces)));
        if (pieces > 1) await new Promise((resolve) => setImmediate(resolve));
      }
      const stream: Socket = mode === 'plaintext' ? socket : connectTls({ socket, servername: 'localhost', ca: world.ca });
      const token = mintToken({ ...callers['engineer'] }, { now: storyTime, id: 'a' });
      let text = '';
      stream.on('error', () => undefined);
      socket.on('error', () => undefined);
      stream.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      stream.write(`GET /v1/models HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\n${headers}connection: close\r\n\r\n`);
      await new Promise<void>((resolve) => stream.once('close', () => resolve()));
      const id = /x-regate-decision-id: (\S+)/i.exec(text)?.[1];
      if (id === undefined) return { text, record: undefined };
      const found = await until('record', () =>
        world
          .readLog()
          .entries.filter(isDecided)
          .find(({ decision_id: decision }) => decision === id),
      );
      const { context } = found.input as { context: { location: unknown } };
      return { text, record: { requested_by: found.requested_by, location: context.location } };
    }

    test('from a trusted proxy it says where the caller is', async () => {
      const { record } = await call(office);
      assert.deepEqual(record?.location, { ip: '192.0.2.7', evidence: 'trusted-proxy' });
      assert.match(record?.requested_by ?? '', /^192\.0\.2\.7/);
    });
    test('in version 2, in pieces', async () => {
      const { record } = await call(binary(0x21, 0x11, v4), { pieces: 7 });
      assert.deepEqual(record?.location, { ip: '192.0.2.7', evidence: 'trusted-proxy' });
    });
    test('the caller behind it is no trusted proxy: its headers do not count', async () => {
      const { record } = await call(office, { headers: 'x-forwarded-for: 203.0.113.9\r\n' });
      assert.deepEqual(record?.location, { ip: '192.0.2.7', evidence: 'trusted-proxy' });
    });
    test('UNKNOWN lends nobody the trust of the proxy', async () => {
      const { record } = await call('PROXY UNKNOWN\r\n', { headers: 'x-forwarded-for: 203.0.113.9\r\n' });
      assert.equal(record?.location, undefined);
    });
    test('LOCAL lends nobody the trust of the proxy', async () => {
      const { record } = await call(binary(0x20, 0x00, Buffer.alloc(0)), { headers: 'x-forwarded-for: 203.0.113.9\r\n' });
      assert.equal(record?.location, undefined);
    });
    test('from anybody else it is not believed', async () => {
      const { text, record } = await call(office, { from: '127.0.0.1' });
      assert.equal(record, undefined);
      assert.doesNotMatch(text, /^HTTP\/1\.1 200/);
    });
    test('anybody else calls without one', async () => {
      const { record } = await call('', { from: '127.0.0.1' });
      assert.deepEqual(record?.location, { ip: '127.0.0.1', network: 'loopback', evidence: 'peer' });
    });
    test('a trusted proxy that sends none is closed, and that is recorded', async () => {
      const before = world.readLog().entries.filter(isDecided).length;
      const { text } = await call('');
      assert.equal(text, '');
      const record = await until('record', () => world.readLog().entries.filter(isDecided)[before]);
      assert.equal(record.code, 'request.malformed');
    });
    test('a second header is no header', async () => {
      const { record } = await call(`${office}PROXY TCP4 203.0.113.9 127.0.0.1 4711 8443\r\n`);
      assert.equal(record, undefined);
    });
  });
}
