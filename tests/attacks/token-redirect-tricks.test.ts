import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { redirectUri, startTokens } from '../http/tokens/harness.ts';

type Wish = Readonly<Record<string, string | undefined>>;

const elsewhere: Readonly<Record<string, string>> = {
  'another host': 'https://evil.example/callback',
  'another host over http': 'http://evil.example:49152/callback',
  'a name that can be pointed elsewhere': 'http://localhost:49152/callback',
  'a prefix of loopback': 'http://127.0.0.1.evil.example:49152/callback',
  'loopback as userinfo': 'http://127.0.0.1:49152@evil.example/callback',
  'userinfo before loopback': 'http://evil.example@127.0.0.1:49152/callback',
  'a fragment': 'http://127.0.0.1:49152/callback#x',
  'a query': 'http://127.0.0.1:49152/callback?x=y',
  'a backslash': 'http://127.0.0.1:49152\\@evil.example/callback',
  'no port': 'http://127.0.0.1/callback',
  'port 0': 'http://127.0.0.1:0/callback',
  'a port that is none': 'http://127.0.0.1:99999/callback',
  https: 'https://127.0.0.1:49152/callback',
  'another spelling of loopback': 'http://127.1:49152/callback',
  'a number for loopback': 'http://2130706433:49152/callback',
  'every address of the machine': 'http://0.0.0.0:49152/callback',
  'an encoded path': 'http://127.0.0.1:49152/%2e%2e/callback',
  'a path behind the path': 'http://127.0.0.1:49152/callback/../x',
  'a line feed': 'http://127.0.0.1:49152/callback\nx: y',
  'a space in front': ' http://127.0.0.1:49152/callback',
  'capital letters': 'HTTP://127.0.0.1:49152/callback',
  javascript: 'javascript:alert(1)',
  'a custom scheme': 'regate://callback',
  'the gateway itself': '/auth/login',
};

const weak: Readonly<Record<string, Wish>> = {
  'no challenge': { code_challenge: undefined, code_challenge_method: undefined },
  plain: { code_challenge_method: 'plain' },
  'no method, which would mean plain': { code_challenge_method: undefined },
  'another spelling of the method': { code_challenge_method: 's256' },
  'a short challenge': { code_challenge: 'abc' },
  'an empty challenge': { code_challenge: '' },
  'the implicit flow': { response_type: 'token' },
  'the hybrid flow': { response_type: 'code id_token' },
  'a scope that is none': { scope: 'a"b' },
};

/** Both ways to the endpoint: the page, and the form that skips the page. */
async function knock(t: Parameters<typeof startTokens>[0], change: Wish) {
  const { get, post, wish, asAda, giveTicket } = await startTokens(t);
  const all = Object.fromEntries(
    Object.entries({ ...wish, ...change }).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
  const shown = await get(`/auth/oauth/authorize?${new URLSearchParams(all)}`, asAda);
  const posted = await post('/auth/oauth/authorize', { ...all, ticket: await giveTicket(), answer: 'yes' }, asAda);
  return [shown, posted] as const;
}

suite('a code goes to the command line on the person’s own machine, and nowhere else', () => {
  for (const [name, address] of Object.entries(elsewhere)) {
    test(name, async (t) => {
      for (const { status, headers } of await knock(t, { redirect_uri: address })) {
        assert.deepEqual([status, headers.get('location')], [400, null], 'nobody is sent there, not even with an error');
      }
    });
  }

  test('the address twice', async (t) => {
    const { get, wish, asAda } = await startTokens(t);
    const twice = `${new URLSearchParams(wish)}&redirect_uri=${encodeURIComponent('https://evil.example/')}`;
    const { status, headers } = await get(`/auth/oauth/authorize?${twice}`, asAda);
    assert.deepEqual([status, headers.get('location')], [400, null]);
  });

  test('another client', async (t) => {
    for (const { status, headers } of await knock(t, { client_id: 'other' }))
      assert.deepEqual([status, headers.get('location')], [400, null]);
  });

  test('a code redeemed for another address than it was made for', async (t) => {
    const { getCode, redeem } = await startTokens(t);
    assert.equal((await redeem(await getCode(), { redirect_uri: redirectUri.replace('49152', '49153') })).json['error'], 'invalid_grant');
  });
});

suite('PKCE cannot be left out or weakened', () => {
  for (const [name, change] of Object.entries(weak)) {
    test(name, async (t) => {
      for (const { headers } of await knock(t, change)) {
        const back = new URL(headers.get('location') ?? 'about:blank');
        assert.ok(back.href.startsWith(redirectUri), 'the address is a good one, so the program is told');
        assert.ok(back.searchParams.get('error'));
        assert.equal(back.searchParams.get('code'), null);
        assert.equal(back.searchParams.get('iss'), 'https://gateway.example', 'whose answer it is (RFC 9207)');
      }
    });
  }

  for (const [name, verifier] of Object.entries({
    none: '',
    short: 'a'.repeat(42),
    long: 'a'.repeat(129),
    'of other characters': `${'a'.repeat(42)}+`,
  })) {
    test(`a verifier that is ${name}`, async (t) => {
      const { getCode, redeem } = await startTokens(t);
      assert.notEqual((await redeem(await getCode(), { code_verifier: verifier })).status, 200);
    });
  }

  test('the challenge itself as the verifier', async (t) => {
    const { getCode, redeem, wish } = await startTokens(t);
    assert.equal((await redeem(await getCode(), { code_verifier: wish.code_challenge })).json['error'], 'invalid_grant');
  });
});
