import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { systemClock } from '../../gateway/observe/clock.ts';
import { makeSyslogSender } from '../../gateway/sinks/syslog.ts';
import { writeSyslogMessage } from '../../gateway/sinks/syslog-message.ts';
import { ensureDevelopmentCertificate } from '../../gateway/tls/development-ca.ts';
import { eventually, openSink, testSinkContract, timeoutMs } from './contract.ts';
import type { Behaviour, TestReceiver } from './http-receiver.ts';
import { makeTestLog } from './log.ts';
import { administrativeRecord, allowed, delivered, denied, failed, summary } from './samples.ts';

/** RFC 5424 section 6, with the nil values that the gateway uses. */
const shape = /^<(\d{1,3})>1 (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,6}Z) ([\x21-\x7e]{1,255}) regate - ([a-z-]{1,32}) - (\{.*\})$/s;

/** Takes octet-counted frames apart (RFC 5425 section 4.3), strictly. */
function readFrames(bytes: Buffer): readonly string[] {
  const frames: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const count = bytes.toString('latin1', at, space);
    assert.match(count, /^[1-9][0-9]*$/);
    const end = space + 1 + Number(count);
    assert.ok(end <= bytes.length, 'the frame is whole');
    frames.push(bytes.toString('utf8', space + 1, end));
    at = end;
  }
  return frames;
}

let material = { key: '', cert: '' };
let caPath = '';
const directory = mkdtempSync(join(tmpdir(), 'regate-syslog-'));
before(async () => {
  const made = await ensureDevelopmentCertificate({ directory: join(directory, 'ca'), clock: systemClock });
  material = { key: made.key, cert: made.certificate };
  ({ caPath } = made);
});
after(() => rmSync(directory, { recursive: true, force: true }));

interface SyslogReceiver extends TestReceiver {
  readonly port: () => number;
  readonly messages: readonly string[];
}

async function startReceiver(t: TestContext): Promise<SyslogReceiver> {
  const messages: string[] = [];
  const wrong: unknown[] = [];
  let behaviour: Behaviour = 'accept';
  let times = 0;
  let seen = 0;
  let port = 0;
  let server: Server | undefined;
  const open = new Set<{ destroy(): unknown }>();

  async function resume(): Promise<void> {
    server = createServer({ ...material, allowHalfOpen: true }, async (socket) => {
      seen += 1;
      socket.on('error', () => undefined);
      const now = times > 0 ? behaviour : 'accept';
      times -= 1;
      if (now === 'silent') return;
      if (now === 'fail') return void socket.destroy();
      const chunks: Buffer[] = [];
      socket.on('data', (chunk: Buffer) => void chunks.push(chunk));
      await once(socket, 'end').catch(() => undefined);
      try {
        messages.push(...readFrames(Buffer.concat(chunks)));
      } catch (error) {
        wrong.push(error);
      }
      // "drop": it had all, and its machine went before it could say so.
      if (now === 'drop') reset(socket);
      else socket.end();
    });
    server.on('connection', (raw) => void open.add(raw));
    server.on('tlsClientError', () => undefined);
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
  }
  async function halt(): Promise<void> {
    const ending = server;
    server = undefined;
    if (ending === undefined) return;
    const closed = once(ending, 'close');
    ending.close();
    for (const socket of open) socket.destroy();
    await closed;
  }
  await resume();
  t.after(async () => {
    await halt();
    if (wrong.length > 0) throw wrong[0];
  });
  const behave = (as: Behaviour, count = 1): void => {
    behaviour = as;
    times = count;
  };
  return { behave, seen: () => seen, halt, resume, port: () => port, messages };
}

/** A reset, as a machine that is gone answers. */
function reset(socket: TLSSocket): void {
  const { _parent: raw } = socket as unknown as { _parent?: { resetAndDestroy(): void } };
  assert.ok(raw !== undefined, 'the connection below is found');
  raw.resetAndDestroy();
}

const configure = (port: number) => ({ host: 'localhost', port, ca: caPath, timeoutMs, format: 'regate' as const });

testSinkContract({
  name: 'syslog',
  carries: 'every line',
  async start(t) {
    const receiver = await startReceiver(t);
    const arrived = (): readonly string[] =>
      receiver.messages.flatMap((message) => {
        const [, , , , kind, text = ''] = shape.exec(message) ?? assert.fail(`this is no message: ${message}`);
        return kind === 'decided' ? [(JSON.parse(text) as { decision_id: string }).decision_id] : [];
      });
    return { receiver, makeSender: () => makeSyslogSender({ configuration: configure(receiver.port()) }), arrived };
  },
});

test('a receiver whose certificate is of an unknown authority gets nothing', async (t) => {
  const receiver = await startReceiver(t);
  const { ca: _, ...unknown } = configure(receiver.port());
  const sender = makeSyslogSender({ configuration: unknown });
  const line = { segment: 's', number: 2, bytes: Buffer.from('{}'), entry: allowed };
  await assert.rejects(sender.send([line], new AbortController().signal), { kind: 'untrusted' });
  assert.deepEqual(receiver.messages, []);
});

test('a message: priority, time, host, kind, and its octets counted, not its characters', () => {
  const message = writeSyslogMessage(allowed, Buffer.from('{"a":"ü"}'), 'gw 1');
  assert.equal(message.toString('utf8'), '65 <110>1 2026-03-02T10:00:00.000Z gw1 regate - decided - {"a":"ü"}');
  const priority = (entry: Parameters<typeof writeSyslogMessage>[0]) =>
    /<(\d+)>/.exec(writeSyslogMessage(entry, Buffer.from('{}'), 'h').toString())?.[1];
  assert.deepEqual([denied, failed, administrativeRecord, delivered, summary].map(priority), ['108', '107', '110', '110', '108']);
});

test('newlines and hostile text in a record do not make a second message', async (t) => {
  const log = await makeTestLog(t);
  const receiver = await startReceiver(t);
  await log.decide(1, { input: { text: '\n<110>1 2026-01-01T00:00:00Z evil regate - decided - {}\r\n\u0000' } });
  const { sink } = await openSink(t, log, makeSyslogSender({ configuration: configure(receiver.port()) }));
  await eventually(() => sink.status().delivered_lines === 2, 'both are confirmed');
  assert.equal(receiver.messages.length, 2);
  for (const message of receiver.messages) assert.doesNotMatch(message, /[\n\r\0]/);
  await log.close();
});
