import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { makeDpopKey, proveKey, startTokens } from '../http/tokens/harness.ts';

suite('refresh token theft', () => {
  test('a refresh token that is used twice ends the login of both, thief and owner', async (t) => {
    const { getCode, redeem, refresh } = await startTokens(t);
    const stolen = String((await redeem(await getCode())).json['refresh_token']);
    const next = String((await refresh(stolen)).json['refresh_token']);
    assert.equal((await refresh(stolen)).json['error'], 'invalid_grant');
    assert.equal((await refresh(next)).json['error'], 'invalid_grant');
  });

  test('of two that use it at once at most one gets a token', async (t) => {
    const { getCode, redeem, refresh } = await startTokens(t);
    const stolen = String((await redeem(await getCode())).json['refresh_token']);
    const got = (await Promise.all([refresh(stolen), refresh(stolen)])).filter(({ status }) => status === 200);
    assert.ok(got.length <= 1);
  });

  test('scopes that the first token had not', async (t) => {
    const { getCode, redeem, refresh } = await startTokens(t);
    const token = String((await redeem(await getCode({ scope: 'llm:embed' }))).json['refresh_token']);
    assert.equal((await refresh(token, { scope: 'llm:embed llm:invoke' })).json['error'], 'invalid_scope');
  });

  test('a refresh token that is bound to a key, without the key and with another one', async (t) => {
    for (const headers of [{}, { dpop: proveKey(makeDpopKey()) }]) {
      const { getCode, redeem, refresh } = await startTokens(t);
      const token = String((await redeem(await getCode(), {}, { dpop: proveKey(makeDpopKey()) })).json['refresh_token']);
      assert.equal((await refresh(token, {}, headers)).json['error'], 'invalid_grant');
    }
  });

  test('an ended one, a malformed one, an access token in its place', async (t) => {
    const { getCode, redeem, refresh, post } = await startTokens(t);
    const { json } = await redeem(await getCode());
    await post('/auth/oauth/revoke', { token: String(json['refresh_token']) });
    for (const token of [String(json['refresh_token']), 'rgr_x', String(json['access_token'])]) {
      assert.equal((await refresh(token)).json['error'], 'invalid_grant');
    }
  });
});
