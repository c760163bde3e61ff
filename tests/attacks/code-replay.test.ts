import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { startTokens } from '../http/tokens/harness.ts';

suite('code replay: a code is good once', () => {
  test('a code that comes twice ends the login that came of it', async (t) => {
    const { getCode, redeem, refresh } = await startTokens(t);
    const code = await getCode();
    const first = (await redeem(code)).json;
    assert.equal((await redeem(code)).json['error'], 'invalid_grant');
    assert.equal((await refresh(String(first['refresh_token']))).json['error'], 'invalid_grant');
  });

  test('of two that redeem it at once one gets a token', async (t) => {
    const { getCode, redeem } = await startTokens(t);
    const code = await getCode();
    const statuses = (await Promise.all([redeem(code), redeem(code), redeem(code)])).map(({ status }) => status);
    assert.deepEqual(statuses.sort(), [200, 400, 400]);
  });

  test('a code that was kept for more than a minute', async (t) => {
    const { getCode, redeem, clock } = await startTokens(t);
    const code = await getCode();
    clock.advance(60_000);
    assert.equal((await redeem(code)).json['error'], 'invalid_grant');
  });

  test('a guessed code', async (t) => {
    const { redeem } = await startTokens(t);
    assert.equal((await redeem('A'.repeat(43))).json['error'], 'invalid_grant');
  });

  test('a code of a login that has ended meanwhile', async (t) => {
    const { getCode, redeem, live } = await startTokens(t);
    const code = await getCode();
    live.clear();
    assert.equal((await redeem(code)).json['error'], 'invalid_grant');
  });
});
