import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { startTokens } from '../http/tokens/harness.ts';

const places: Readonly<Record<string, string>> = {
  'another host': 'http://evil.example/callback',
  'a host that begins like the loopback address': 'http://127.0.0.1.evil.example:80/callback',
  'the loopback address as user name': 'http://127.0.0.1:80@evil.example/callback',
  'user name before the loopback address': 'http://evil@127.0.0.1:4000/callback',
  localhost: 'http://localhost:4000/callback',
  'another loopback address': 'http://127.0.0.2:4000/callback',
  'a number for the address': 'http://2130706433:4000/callback',
  https: 'https://127.0.0.1:4000/callback',
  'another path': 'http://127.0.0.1:4000/other',
  'a longer path': 'http://127.0.0.1:4000/callback/../x',
  'a query': 'http://127.0.0.1:4000/callback?next=http://evil.example',
  'a fragment': 'http://127.0.0.1:4000/callback#x',
  'no port': 'http://127.0.0.1/callback',
  'a port beyond all ports': 'http://127.0.0.1:99999/callback',
  'a line break': 'http://127.0.0.1:4000/callback\n',
  'a script': 'javascript:alert(1)',
  'a custom scheme': 'regate://callback',
  nothing: '',
};

suite('redirect tricks: a code goes nowhere but to the terminal on the same machine', () => {
  for (const [name, place] of Object.entries(places)) {
    test(name, async (t) => {
      const { get, approve, wish } = await startTokens(t);
      const asked = await get(`/auth/oauth/authorize?${new URLSearchParams({ ...wish, redirect_uri: place })}`);
      assert.equal(asked.status, 400);
      assert.equal(asked.headers.get('location'), null);
      const { status, to } = await approve({ redirect_uri: place });
      assert.equal(status, 400);
      assert.equal(to, null);
    });
  }

  test('another client', async (t) => {
    const { approve } = await startTokens(t);
    const { status, to } = await approve({ client_id: 'somebody-else' });
    assert.deepEqual([status, to], [400, null]);
  });

  test('a code is redeemed for the place that it was sent to only', async (t) => {
    const { getCode, redeem } = await startTokens(t);
    const { json } = await redeem(await getCode(), { redirect_uri: 'http://127.0.0.1:50000/callback' });
    assert.equal(json['error'], 'invalid_grant');
  });
});
