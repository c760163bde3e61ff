import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { after, test } from 'node:test';
import { start, type UpstreamOptions } from '../../../gateway/demo/upstream/upstream.ts';
import { startRaw } from './raw-upstream.ts';
import { credential, decisionId, type Stage, type StageOptions, startStage } from './stage.ts';

const closing: (() => unknown)[] = [];
after(async () => {
  for (const close of closing.reverse()) await close();
});

async function both(stageOptions: Partial<StageOptions> = {}, upstreamOptions: Partial<UpstreamOptions> = {}): Promise<Stage> {
  const upstream = await start({ credential, ...upstreamOptions });
  closing.push(() => upstream.close());
  const stage = await startStage({ origin: upstream.url, ...stageOptions });
  closing.push(() => stage.close());
  return stage;
}

function chat(stage: Stage, body: object, path = '/v1/chat/completions'): Promise<Response> {
  return fetch(`${stage.url}${path}`, {
    method: 'POST',
    headers: { authorization: 'Bearer caller', 'content-type': 'application/json' },
    body: JSON.stringify({ messages: [], ...body }),
  });
}

test('a JSON answer arrives whole, with its length, and is read on the way', async () => {
  const stage = await both();
  const answer = await chat(stage, { model: 'm', max_tokens: 3 });
  const text = await answer.text();
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('content-length'), String(Buffer.byteLength(text)));
  assert.equal(answer.headers.get('x-regate-decision-id'), decisionId);
  assert.equal(answer.headers.get('x-request-id'), 'req_demo_1');
  const { firstByteMs, ...delivered } = await stage.delivery();
  assert.ok(firstByteMs !== undefined && firstByteMs > 0);
  assert.deepEqual(delivered, {
    outcome: 'completed',
    committed: true,
    status: 200,
    upstreamStatus: 200,
    bytesSent: Buffer.byteLength(text),
    usage: { input_tokens: 1, output_tokens: 3, cache_read_input_tokens: 0, reasoning_output_tokens: 0 },
    modelAnswered: 'm',
    finishReason: 'length',
    upstreamRequestId: 'req_demo_1',
  });
});

test('one connection to the backend serves one request after the other', async () => {
  const connections = new Set<number>();
  const raw = await startRaw((socket) => {
    connections.add(socket.remotePort ?? 0);
    const respond = (): boolean => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-type: application/json\r\n\r\n{}');
    respond();
    socket.on('data', respond);
  });
  closing.push(() => raw.close());
  const reused = await startStage({ origin: raw.origin });
  closing.push(() => reused.close());
  for (let index = 0; index < 3; index += 1) await (await chat(reused, { model: 'm' })).text();
  assert.equal(connections.size, 1);
});

test('the usage chunk that the gateway asked for is taken out, and nothing else', async () => {
  const asked = { model: 'm', stream: true, stream_options: { include_usage: true } };
  const kept = await both();
  const full = await (await chat(kept, asked)).text();
  const dropped = await both({ permit: { dropUsageChunk: true } });
  const answer = await chat(dropped, asked);
  const text = await answer.text();
  const usageEvent = full.split('\n\n').find((event) => event.includes('"choices":[]'));
  assert.ok(usageEvent !== undefined);
  const scrub = (events: string): string => events.replaceAll(/"created":\d+/g, '');
  assert.equal(scrub(text), scrub(full.replace(`${usageEvent}\n\n`, '')));
  assert.equal((await dropped.delivery()).usage?.output_tokens, 20);
  assert.equal((await kept.delivery()).usage?.output_tokens, 20);
});

for (const [path, body, usage] of [
  ['/v1/responses', { model: 'm', input: 'x', stream: true, max_output_tokens: 2 }, 2],
  ['/v1/messages', { model: 'm', stream: true, max_tokens: 2 }, 2],
  ['/v1/completions', { model: 'm', prompt: 'x', stream: true, stream_options: { include_usage: true }, max_tokens: 2 }, 2],
] as const) {
  test(`usage of a stream of ${path} is read as it passes`, async () => {
    const stage = await both();
    await (await chat(stage, body, path)).text();
    const delivered = await stage.delivery();
    assert.equal(delivered.usage?.output_tokens, usage);
    assert.equal(delivered.modelAnswered, 'm');
    assert.match(delivered.finishReason ?? '', /^(length|max_tokens|max_output_tokens)$/);
  });
}

test("a backend's error goes to the caller as it is, where no other backend is to be tried", async () => {
  const body = '{"error":{"message":"slow down","type":"requests","param":null,"code":"rate_limit_exceeded"}}';
  const headers = { 'retry-after': '7', 'x-ratelimit-remaining-requests': '0', 'x-should-retry': 'true' };
  const stage = await both({}, { fault: () => ({ kind: 'status', status: 429, headers, body }) });
  const answer = await chat(stage, { model: 'm' });
  assert.equal(answer.status, 429);
  assert.equal(await answer.text(), body);
  for (const [name, value] of Object.entries(headers)) assert.equal(answer.headers.get(name), value);
  const delivered = await stage.delivery();
  assert.deepEqual([delivered.outcome, delivered.committed, delivered.upstreamStatus], ['upstream-error', true, 429]);
});

for (const [status, code, told] of [
  [429, 'upstream.rate-limited', 429],
  [500, 'upstream.failed', 502],
  [503, 'upstream.overloaded', 503],
  [529, 'upstream.overloaded', 503],
] as const) {
  test(`${status} is kept back where another backend may be tried`, async () => {
    const stage = await both({ mayRetry: true }, { fault: () => ({ kind: 'status', status }) });
    const answer = await chat(stage, { model: 'm' });
    assert.equal(answer.status, told);
    const delivered = await stage.delivery();
    assert.deepEqual(
      [delivered.outcome, delivered.committed, delivered.upstreamStatus, delivered.code, delivered.bytesSent],
      ['upstream-error', false, status, code, 0],
    );
  });
}

for (const status of [401, 403, 407]) {
  test(`${status} about the gateway's credential is not told as if it were about the caller's`, async () => {
    const stage = await both({}, { fault: () => ({ kind: 'status', status, headers: { 'www-authenticate': 'Bearer' } }) });
    const answer = await chat(stage, { model: 'm' });
    assert.equal(answer.status, 502);
    assert.equal(answer.headers.get('www-authenticate'), null);
    assert.match(await answer.text(), /upstream\.credential-refused/);
    assert.equal((await stage.delivery()).code, 'upstream.credential-refused');
    assert.ok(stage.logged.some(({ level, message }) => level === 'error' && message.includes('credential')));
  });
}

test('a redirect is neither followed nor passed on', async () => {
  const stage = await both();
  const answer = await chat(stage, { model: 'demo-fault-redirect' });
  assert.equal(answer.status, 502);
  assert.equal(answer.headers.get('location'), null);
  assert.equal((await stage.delivery()).code, 'upstream.redirect');
});

test('a backend that is not there', async () => {
  const gone = await startRaw(() => undefined);
  gone.close();
  const stage = await startStage({ origin: gone.origin });
  closing.push(() => stage.close());
  const answer = await chat(stage, { model: 'm' });
  assert.equal(answer.status, 502);
  assert.equal(answer.headers.get('x-should-retry'), null);
  const { error } = (await answer.json()) as { error: { code: string; decision_id: string } };
  assert.deepEqual([error.code, error.decision_id], ['upstream.unreachable', decisionId]);
  assert.deepEqual(await stage.delivery(), {
    outcome: 'upstream-unreachable',
    code: 'upstream.unreachable',
    committed: false,
    bytesSent: 0,
  });
});

test('a backend that takes the request and closes', async () => {
  const stage = await both();
  assert.equal((await chat(stage, { model: 'demo-fault-reset' })).status, 502);
  assert.deepEqual(await stage.delivery(), { outcome: 'upstream-broke-off', code: 'upstream.broke-off', committed: false, bytesSent: 0 });
});

test('a backend that never answers', async () => {
  const stage = await both({ backend: { timeoutMs: { connect: 1_000, idle: 40 } } });
  assert.equal((await chat(stage, { model: 'demo-fault-hang' })).status, 504);
  assert.deepEqual(await stage.delivery(), { outcome: 'upstream-timeout', code: 'upstream.timeout', committed: false, bytesSent: 0 });
});

test('the whole exchange has a limit where the policy set one', async () => {
  const stage = await both({ permit: { timeoutMs: 40 } });
  assert.equal((await chat(stage, { model: 'demo-fault-hang' })).status, 504);
  assert.equal((await stage.delivery()).code, 'upstream.timeout');
});

test('a backend that switches protocols unasked', { timeout: 5_000 }, async () => {
  const raw = await startRaw((socket) =>
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n'),
  );
  closing.push(() => raw.close());
  const stage = await startStage({ origin: raw.origin });
  closing.push(() => stage.close());
  assert.equal((await chat(stage, { model: 'm' })).status, 502);
  assert.equal((await stage.delivery()).code, 'upstream.broke-off');
});

test('a backend whose answer is not HTTP', async () => {
  const raw = await startRaw((socket) => socket.end('SSH-2.0-OpenSSH_9.9\r\n'));
  closing.push(() => raw.close());
  const stage = await startStage({ origin: raw.origin });
  closing.push(() => stage.close());
  assert.equal((await chat(stage, { model: 'm' })).status, 502);
  assert.equal((await stage.delivery()).code, 'upstream.broke-off');
});

for (const [fault, outcome, code] of [
  ['die', 'upstream-broke-off', 'upstream.broke-off'],
  ['stall', 'upstream-timeout', 'upstream.timeout'],
] as const) {
  test(`a stream that the backend lets ${fault} is broken for the caller too, after an event that says why`, async () => {
    const stage = await both({ backend: { timeoutMs: { connect: 1_000, idle: 60 } } });
    const answer = await chat(stage, { model: `demo-fault-${fault}`, stream: true });
    let text = '';
    await assert.rejects(async () => {
      for await (const chunk of answer.body ?? []) text += Buffer.from(chunk).toString();
    });
    assert.match(text, new RegExp(`\n\ndata: \\{"error":\\{.*"code":"${code}".*\\}\n\n$`));
    const delivered = await stage.delivery();
    assert.deepEqual([delivered.outcome, delivered.committed, delivered.code], [outcome, true, undefined]);
  });
}

test('a JSON answer that breaks off is broken for the caller too', async () => {
  const stage = await both();
  const answer = await chat(stage, { model: 'demo-fault-die' });
  await assert.rejects(answer.text());
  assert.equal((await stage.delivery()).outcome, 'upstream-broke-off');
});

test('a failure inside a stream counts as one', async () => {
  const pieces = ['event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n'];
  const stage = await both({}, { fault: () => ({ kind: 'raw', headers: { 'content-type': 'text/event-stream' }, pieces }) });
  assert.equal(await (await chat(stage, { model: 'm', stream: true }, '/v1/messages')).text(), pieces.join(''));
  assert.equal((await stage.delivery()).outcome, 'upstream-error');
});

test('a caller that leaves takes the request to the backend along', async () => {
  const aborted = Promise.withResolvers<void>();
  const stage = await both({}, { onAbort: () => aborted.resolve() });
  const leaving = new AbortController();
  const answer = await fetch(`${stage.url}/v1/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model: 'demo-fault-stall', stream: true }),
    signal: leaving.signal,
  });
  await answer.body?.getReader().read();
  leaving.abort();
  await aborted.promise;
  const delivered = await stage.delivery();
  assert.deepEqual([delivered.outcome, delivered.code], ['client-aborted', undefined]);
});

test('a caller that leaves before anything came', async () => {
  const aborted = Promise.withResolvers<void>();
  const leaving = new AbortController();
  const stage = await both({}, { observe: () => leaving.abort(), onAbort: () => aborted.resolve() });
  const body = JSON.stringify({ model: 'demo-fault-hang' });
  await assert.rejects(fetch(`${stage.url}/v1/chat/completions`, { method: 'POST', body, signal: leaving.signal }));
  await aborted.promise;
  assert.deepEqual(await stage.delivery(), { outcome: 'client-aborted', committed: false, bytesSent: 0 });
});

test('a caller that stops reading stops the backend, and is let go after the idle limit', async () => {
  const piece = Buffer.alloc(64 * 1024, 'x');
  let sent = 0;
  const raw = await startRaw((socket) => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\ntransfer-encoding: chunked\r\n\r\n');
    const fill = (): void => {
      while (sent < 400 && socket.writable) {
        sent += 1;
        socket.write(`${piece.length.toString(16)}\r\n`);
        socket.write(piece);
        if (!socket.write('\r\n')) return;
      }
    };
    socket.on('drain', fill);
    fill();
  });
  closing.push(() => raw.close());
  const stage = await startStage({ origin: raw.origin, backend: { timeoutMs: { connect: 1_000, idle: 150 } } });
  closing.push(() => stage.close());
  const caller = request(`${stage.url}/v1/chat/completions`, { method: 'POST' });
  caller.on('error', () => undefined);
  caller.end('{}');
  const [answer] = await once(caller, 'response');
  answer.on('error', () => undefined);
  answer.pause();
  const delivered = await stage.delivery();
  assert.equal(delivered.outcome, 'client-aborted');
  assert.ok(sent < 400, 'the backend was held back');
  caller.destroy();
});

test('a silent stream begins with its head', async () => {
  const raw = await startRaw((socket) =>
    socket.write('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n'),
  );
  closing.push(() => raw.close());
  const stage = await startStage({ origin: raw.origin });
  closing.push(() => stage.close());
  const answer = await chat(stage, { model: 'm', stream: true });
  assert.equal(answer.headers.get('content-type'), 'text/event-stream');
  await answer.body?.cancel();
  assert.equal((await stage.delivery()).outcome, 'client-aborted');
});
