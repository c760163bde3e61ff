import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startRaw } from '../pipeline/proxy/raw-upstream.ts';
import { decisionId, startStage } from '../pipeline/proxy/stage.ts';

/*
 * The attack: a backend, or somebody who speaks for it, uses the answer's head against the caller: cookies for the gateway's host, a header that
 * passes for the gateway's own, hop-by-hop fields that desynchronise the caller's connection, or fields that let other origins read the answer.
 */

test('what a backend sets for the connection, the host or the gateway does not reach the caller', async () => {
  const hostile = [
    'set-cookie: session=upstream',
    'server: upstream',
    'x-regate-decision-id: forged',
    'strict-transport-security: max-age=0',
    'alt-svc: h3=":443"',
    'access-control-allow-origin: *',
    'www-authenticate: Basic realm="type your password"',
    'keep-alive: timeout=1',
    'connection: x-custom',
    'x-custom: 1',
    'trailer: x-late',
    'link: <https://evil.example>; rel=preload',
    'refresh: 0; url=https://evil.example',
    'openai-organization: org-of-the-gateway',
    'cache-control: public, max-age=31536000',
  ];
  const raw = await startRaw((socket) =>
    socket.write(
      ['HTTP/1.1 200 OK', 'content-type: application/json', 'x-request-id: req_1', ...hostile, 'content-length: 2', '', '{}'].join('\r\n'),
    ),
  );
  const stage = await startStage({ origin: raw.origin, prepare: (_req, res) => res.setHeader('x-powered-by', 'Express') });
  try {
    const answer = await fetch(`${stage.url}/v1/chat/completions`, { method: 'POST', body: '{}' });
    assert.equal(await answer.text(), '{}');
    const names = [...answer.headers.keys()].filter((name) => !['date', 'connection', 'keep-alive'].includes(name));
    assert.deepEqual(names.toSorted(), [
      'cache-control',
      'content-length',
      'content-type',
      'x-content-type-options',
      'x-regate-decision-id',
      'x-request-id',
    ]);
    assert.equal(answer.headers.get('x-regate-decision-id'), decisionId);
    assert.equal(answer.headers.get('cache-control'), 'no-store');
    assert.notEqual(answer.headers.get('keep-alive'), 'timeout=1');
  } finally {
    await stage.close();
    raw.close();
  }
});

test('bytes after the announced length do not become the next answer', async () => {
  const second = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 8\r\n\r\n"forged"';
  const raw = await startRaw((socket) => {
    const first = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 7\r\n\r\n"first"';
    socket.write(first + second);
  });
  const stage = await startStage({ origin: raw.origin, backend: { timeoutMs: { connect: 500, idle: 200 } } });
  try {
    const ask = (): Promise<Response> => fetch(`${stage.url}/v1/chat/completions`, { method: 'POST', body: '{}' });
    assert.equal(await (await ask()).text(), '"first"');
    // The poisoned connection is not used again; a new one gets an answer of its own.
    const next = await ask();
    assert.notEqual(await next.text(), '"forged"');
  } finally {
    await stage.close();
    raw.close();
  }
});

for (const [name, head] of [
  ['two lengths', 'content-length: 2\r\ncontent-length: 50'],
  ['a length and a transfer coding', 'content-length: 2\r\ntransfer-encoding: chunked'],
  ['a folded header', 'x-a: b\r\n folded: c\r\ncontent-length: 2'],
  ['a NUL in a header', 'x-request-id: a\0b\r\ncontent-length: 2'],
] as const) {
  test(`an answer with ${name} is not passed on`, async () => {
    const raw = await startRaw((socket) => socket.end(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n${head}\r\n\r\n{}`));
    const stage = await startStage({ origin: raw.origin });
    try {
      const answer = await fetch(`${stage.url}/v1/chat/completions`, { method: 'POST', body: '{}' });
      assert.equal(answer.status, 502);
      assert.equal((await stage.delivery()).code, 'upstream.broke-off');
    } finally {
      await stage.close();
      raw.close();
    }
  });
}
