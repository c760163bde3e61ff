import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { type RawUpstream, startRaw } from '../pipeline/proxy/raw-upstream.ts';
import { credential, startStage } from '../pipeline/proxy/stage.ts';

/*
 * The attack: a caller puts something into the head of its request that the backend would act on, or its own credential travels on to the
 * provider. The proxying library copies every header that it sees, and runs no hook that could take one out of a request with `Expect`
 * (http-party/node-http-proxy#1219). What reaches the backend is looked at as bytes.
 */

const answer = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}';

async function send(head: readonly string[], body: string, path = '/v1/chat/completions'): Promise<{ upstream: string; caller: string }> {
  const raw: RawUpstream = await startRaw((socket) => socket.write(answer));
  const stage = await startStage({ origin: raw.origin });
  const socket = connect(Number(new URL(stage.url).port), '127.0.0.1');
  try {
    socket.write([`POST ${path} HTTP/1.1`, 'host: gateway.example', ...head, 'connection: close', '', body].join('\r\n'), 'latin1');
    let caller = '';
    for await (const chunk of socket) caller += String(chunk);
    return { upstream: raw.received(), caller };
  } finally {
    socket.destroy();
    await stage.close();
    raw.close();
  }
}

const canary = 'CANARY-0b5e';
const hostile = [
  `authorization: Bearer ${canary}`,
  `x-api-key: ${canary}`,
  `api-key: ${canary}`,
  `x-goog-api-key: ${canary}`,
  `cookie: session=${canary}`,
  `proxy-authorization: Basic ${canary}`,
  `x-forwarded-for: ${canary}`,
  `x-forwarded-host: ${canary}`,
  `forwarded: for=${canary}`,
  `via: 1.1 ${canary}`,
  `te: trailers, ${canary}`,
  `x-custom: ${canary}`,
  `x-secret: ${canary}`,
  `openai-organization: ${canary}`,
  `openai-project: ${canary}`,
  `idempotency-key: ${canary}`,
  `user-agent: ${canary}`,
  `referer: https://${canary}.example/`,
  `x-http-method-override: DELETE-${canary}`,
  `host-override: ${canary}`,
];

for (const [name, extra] of [
  ['a plain request', []],
  ['a request with Expect: 100-continue', ['expect: 100-continue']],
  ['a request that names its headers in Connection', ['connection: x-secret, authorization, content-length']],
] as const) {
  test(`${name}: the backend sees its own credential and nothing of the caller's head`, async () => {
    const body = '{"model":"m"}';
    const { upstream, caller } = await send([...hostile, ...extra, `content-length: ${body.length}`], body);
    assert.match(caller, /HTTP\/1\.1 200 OK/);
    assert.ok(!upstream.includes(canary), upstream);
    const [head, sent] = upstream.split('\r\n\r\n');
    assert.equal(sent, body);
    const lines = (head ?? '').split('\r\n');
    assert.equal(lines[0], 'POST /v1/chat/completions HTTP/1.1');
    const names = lines.slice(1).map((line) => line.split(':', 1)[0]?.toLowerCase());
    assert.deepEqual(names.toSorted(), [
      'accept',
      'accept-encoding',
      'authorization',
      'connection',
      'content-length',
      'content-type',
      'host',
      'user-agent',
    ]);
    assert.ok(lines.includes(`authorization: Bearer ${credential}`));
    assert.ok(lines.some((line) => line.toLowerCase() === 'connection: keep-alive'));
  });
}

test("a chunked request reaches the backend with the length of what was read, and no transfer coding of the caller's", async () => {
  const { upstream } = await send([...hostile, 'transfer-encoding: chunked'], '7\r\n{"a":1}\r\n0\r\nx-trailer: CANARY-0b5e\r\n\r\n');
  assert.ok(!upstream.includes(canary));
  assert.match(upstream, /content-length: 7\r\n/);
  assert.doesNotMatch(upstream, /transfer-encoding/i);
  assert.ok(upstream.endsWith('\r\n\r\n{"a":1}'));
});

test('the Anthropic dialect lets its version and betas through, and nothing else', async () => {
  const body = '{"model":"m"}';
  const own = [
    'anthropic-version: 2023-06-01',
    'anthropic-beta: some-beta-2025-01-01',
    `anthropic-dangerous-direct-browser-access: ${canary}`,
  ];
  const { upstream } = await send([...hostile, ...own, `content-length: ${body.length}`], body, '/v1/messages');
  assert.ok(!upstream.includes(canary));
  assert.ok(upstream.includes('anthropic-beta: some-beta-2025-01-01\r\n'));
  assert.ok(upstream.includes(`x-api-key: ${credential}\r\n`));
  assert.doesNotMatch(upstream, /authorization/i);
});

test('the query of the request stays behind', async () => {
  const body = '{}';
  const { upstream } = await send([`content-length: ${body.length}`], body, `/v1/chat/completions?key=${canary}`);
  assert.ok(!upstream.includes(canary));
});
