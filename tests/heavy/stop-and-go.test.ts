import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { rmSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { systemClock } from '../../gateway/observe/clock.ts';
import { ensureDevelopmentCertificate } from '../../gateway/tls/development-ca.ts';
import { callers, mintToken } from '../story/callers.ts';
import { isDecided, isDelivered } from '../story/read-log.ts';
import { type Scene, setScene } from '../story/scene.ts';
import { type Answered, send } from '../story/send.ts';
import { until } from '../story/until.ts';
import { type Child, regate, startChild } from './child.ts';

const body = (stream: boolean): Buffer => Buffer.from(JSON.stringify({ model: 'gpt-5-mini', stream, messages: [] }));

function headersOf(content: Buffer): Record<string, string> {
  const token = mintToken(callers['engineer'] ?? {}, { now: Date.now(), id: 'stop-and-go' });
  return { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'content-length': String(content.length) };
}

function chat(scene: Scene, child: Child): Promise<Answered> {
  const content = body(false);
  return send(
    { port: child.port, ca: scene.ca },
    { method: 'POST', path: '/v1/chat/completions', headers: headersOf(content), body: content },
  );
}

/** Opens a stream; `begun` resolves with its first bytes, `whole` with all of it when it has ended, in whatever way. */
function openStream({ ca }: Scene, { port }: Child) {
  const begun = Promise.withResolvers<void>();
  const whole = Promise.withResolvers<{ readonly text: string; readonly complete: boolean }>();
  const content = body(true);
  const req = request({
    host: '127.0.0.1',
    servername: 'localhost',
    port,
    ca,
    agent: false,
    method: 'POST',
    path: '/v1/chat/completions',
    headers: headersOf(content),
  });
  req.on('error', begun.reject);
  req.on('response', (res) => {
    let text = '';
    res.on('data', (chunk) => {
      text += String(chunk);
      begun.resolve();
    });
    res.on('error', () => undefined);
    res.on('close', () => whole.resolve({ text, complete: res.complete }));
  });
  req.end(content);
  return { begun: begun.promise, whole: whole.promise };
}

async function isRefused(scene: Scene, child: Child): Promise<boolean> {
  try {
    await chat(scene, child);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED';
  }
}

async function assertLogHolds({ directory }: Scene): Promise<void> {
  const verified = await regate('log', 'verify', '--directory', join(directory, 'decisions'));
  assert.equal(verified.code, 0, verified.out);
}

test('SIGTERM lets an open stream end, takes nothing new, and ends with a whole log', async () => {
  const scene = await setScene({ paceMs: 60 });
  try {
    const child = await startChild(scene);
    const stream = openStream(scene, child);
    await stream.begun;
    child.signal('SIGTERM');
    await until('refusal of new connections', () => isRefused(scene, child));
    const { text, complete } = await stream.whole;
    assert.ok(complete);
    assert.ok(text.endsWith('data: [DONE]\n\n'), text);
    assert.deepEqual(await child.ended, { code: 0, signal: null });
    const { entries, text: log } = scene.readLog();
    // Who looked whether new connections are refused may have been answered before they were.
    const streams = new Set(
      entries.filter(isDecided).flatMap(({ decision_id, request }) => (request.stream === true ? [decision_id] : [])),
    );
    assert.deepEqual(
      entries
        .filter(isDelivered)
        .filter(({ decision_id }) => streams.has(decision_id))
        .map(({ outcome, usage }) => [outcome, usage?.output_tokens]),
      [['completed', 21]],
    );
    assert.match(log.trimEnd().split('\n').at(-1) ?? '', /"kind":"segment-end"/);
    await assertLogHolds(scene);
  } finally {
    await scene.close();
  }
});

test('SIGTERM cuts a stream that goes on beyond the deadline, and its end is on the record', async () => {
  const scene = await setScene({
    change: ({ listen, backends, ...rest }) => ({
      ...rest,
      listen: { ...listen, drain_seconds: 1 },
      backends: backends.map((backend) => ({ ...backend, idle_timeout_ms: 60_000 })),
    }),
  });
  scene.posts.primary.fault = { kind: 'stall', frames: 3 };
  try {
    const child = await startChild(scene);
    const stream = openStream(scene, child);
    await stream.begun;
    child.signal('SIGTERM');
    assert.equal((await stream.whole).complete, false);
    assert.deepEqual(await child.ended, { code: 0, signal: null });
    assert.deepEqual(
      scene
        .readLog()
        .entries.filter(isDelivered)
        .map(({ outcome }) => outcome),
      ['client-aborted'],
    );
    assert.equal(scene.seen[0]?.aborted, true, 'the backend stops working');
    await assertLogHolds(scene);
  } finally {
    await scene.close();
  }
});

test('a disk that takes no more bytes: known callers are refused, nothing is forwarded, the process lives', async () => {
  const scene = await setScene();
  try {
    // A segment's first line fits into it, a decision does not: the system itself writes a part and then fails with EFBIG.
    const child = await startChild(scene, 1);
    for (let turn = 0; turn < 5; turn++) {
      const refused = await chat(scene, child);
      assert.equal(refused.status, 503);
      assert.match(refused.body, /record\.unavailable/);
    }
    assert.equal(scene.seen.length, 0);
    assert.equal((await fetch(`${child.doorsUrl}/readyz`)).status, 503);
    assert.equal((await fetch(`${child.doorsUrl}/livez`)).status, 200);
    assert.ok(child.isRunning());
    child.signal('SIGTERM');
    assert.deepEqual(await child.ended, { code: 0, signal: null });
    assert.deepEqual(scene.readLog().entries.filter(isDecided), [], 'not one whole line');
  } finally {
    await scene.close();
  }
});

test('a new certificate is taken without a connection being dropped', async () => {
  const scene = await setScene();
  const agent = new Agent({ keepAlive: true, ca: scene.ca, maxSockets: 1 });
  try {
    const child = await startChild(scene);
    const before = await presented(scene, child);
    const first = await throughAgent(child, agent);
    for (const name of ['localhost.pem', 'localhost-key.pem']) rmSync(join(scene.directory, 'tls', name));
    await ensureDevelopmentCertificate({ directory: join(scene.directory, 'tls'), clock: systemClock });
    await until('new certificate', async () => (await presented(scene, child)) !== before, 30_000);
    const second = await throughAgent(child, agent);
    assert.deepEqual([first.status, second.status], [200, 200]);
    assert.equal(first.localPort, second.localPort, 'the connection is still the one of before');
    assert.equal((await chat(scene, child)).status, 200);
    child.signal('SIGTERM');
    agent.destroy();
    assert.equal((await child.ended).code, 0);
  } finally {
    agent.destroy();
    await scene.close();
  }
});

/** Fingerprint of the certificate that a new connection is shown. */
function presented({ ca }: Scene, { port }: Child): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', servername: 'localhost', port, ca }, () => {
      const { raw } = socket.getPeerCertificate();
      socket.destroy();
      resolve(new X509Certificate(raw).fingerprint256);
    });
    socket.on('error', reject);
  });
}

function throughAgent(
  { port }: Child,
  agent: Agent,
): Promise<{ readonly status: number | undefined; readonly localPort: number | undefined }> {
  const content = body(false);
  return new Promise((resolve, reject) => {
    const req = request(
      {
        host: '127.0.0.1',
        servername: 'localhost',
        port,
        agent,
        method: 'POST',
        path: '/v1/chat/completions',
        headers: headersOf(content),
      },
      (res) => {
        const { localPort } = res.socket;
        res.resume().on('end', () => resolve({ status: res.statusCode, localPort }));
      },
    );
    req.on('error', reject);
    req.end(content);
  });
}
