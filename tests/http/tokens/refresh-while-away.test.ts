import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { startTokens } from './harness.ts';

suite('a refresh that could not be served costs nobody a login', () => {
  test('while the record cannot be written', async (t) => {
    const { getCode, redeem, refresh, policy } = await startTokens(t);
    const token = String((await redeem(await getCode())).json['refresh_token']);
    policy.answer = () => 'unavailable';
    const away = await refresh(token);
    assert.deepEqual([away.status, away.json['error']], [503, 'temporarily_unavailable']);
    policy.answer = () => ({});
    const back = await refresh(token);
    assert.equal(back.status, 200, 'the same token is still good');
    assert.equal((await refresh(token)).json['error'], 'invalid_grant', 'and good once');
  });

  test('a refusal of the policy is an end', async (t) => {
    const { getCode, redeem, refresh, policy } = await startTokens(t);
    const token = String((await redeem(await getCode())).json['refresh_token']);
    policy.answer = () => 'deny';
    assert.equal((await refresh(token)).json['error'], 'access_denied');
    policy.answer = () => ({});
    assert.equal((await refresh(token)).json['error'], 'invalid_grant');
  });

  test('one that has been ended meanwhile does not come back with it', async (t) => {
    const { getCode, redeem, refresh, policy, post } = await startTokens(t);
    const token = String((await redeem(await getCode())).json['refresh_token']);
    policy.answer = () => 'unavailable';
    const [, away] = await Promise.all([post('/auth/oauth/revoke', { token }), refresh(token)]);
    assert.notEqual(away.status, 200);
    policy.answer = () => ({});
    assert.equal((await refresh(token)).json['error'], 'invalid_grant');
  });
});
