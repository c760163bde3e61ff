import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { refusedWith } from '../pipeline/accept/request.ts';
import { sendRaw } from './raw-http.ts';

// After an upgrade (h2c, WebSocket) the bytes are no HTTP/1.1 any more: every later check would look at nothing.
suite('upgrade smuggling: nothing leads out of HTTP/1.1', () => {
  for (const [name, headers] of [
    ['h2c', ['Connection', 'Upgrade, HTTP2-Settings', 'Upgrade', 'h2c', 'HTTP2-Settings', 'AAMAAABkAAQAAP__']],
    ['WebSocket', ['Connection', 'Upgrade', 'Upgrade', 'websocket', 'Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ==']],
    ['Upgrade without Connection', ['Upgrade', 'h2c']],
    ['Connection without Upgrade', ['Connection', 'keep-alive,  UPGRADE']],
    ['in a second Connection', ['Connection', 'keep-alive', 'Connection', 'upgrade']],
  ] as const) {
    test(name, () => assert.equal(refusedWith({ headers }), 'request.upgrade-refused'));
  }
  test('over a socket, the upgrade is not taken', async () => {
    const head = 'GET /v1/models HTTP/1.1\nHost: localhost\nConnection: Upgrade\nUpgrade: h2c\n\n';
    const { seen, answer } = await sendRaw(`${head}POST /v1/completions HTTP/1.1\nHost: x\nContent-Length: 0\n\n`);
    assert.equal(seen[0], 'request.upgrade-refused');
    assert.ok(!seen.includes('accepted'));
    assert.doesNotMatch(answer, /101 Switching/);
  });
});
