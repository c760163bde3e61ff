import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Shelf } from '../../gateway/vocabulary/session.ts';
import { claimsOf, startTokens } from '../http/tokens/harness.ts';

const jti = (json: Readonly<Record<string, unknown>>) => String(claimsOf(json['access_token'])['jti']);
const why = (records: readonly { readonly action: string; readonly parameters?: Readonly<Record<string, unknown>> }[]) =>
  records.filter(({ action }) => action === 'tokens.revoke').map(({ parameters }) => parameters?.['why']);

suite('a login of a program that was ended stays ended, with everything that came of it', () => {
  test('a code that comes twice takes back the access token, too', async (t) => {
    const { getCode, redeem, refresh, isRevoked, records } = await startTokens(t);
    const code = await getCode();
    const { json } = await redeem(code);
    assert.equal((await redeem(code)).json['error'], 'invalid_grant');
    assert.ok(isRevoked(jti(json)));
    assert.equal((await refresh(String(json['refresh_token']))).json['error'], 'invalid_grant');
    assert.deepEqual(why(records), ['code-replay']);
    assert.equal(records.find(({ action }) => action === 'tokens.revoke')?.identity?.chain[0]?.id, 'okta:00u1');
  });

  test('a code that comes many times at once leaves nothing', async (t) => {
    const { getCode, redeem, refresh, isRevoked } = await startTokens(t);
    const code = await getCode();
    const all = await Promise.all(Array.from({ length: 8 }, () => redeem(code)));
    for (const { json } of all.filter(({ status }) => status === 200)) {
      assert.ok(isRevoked(jti(json)));
      assert.equal((await refresh(String(json['refresh_token']))).json['error'], 'invalid_grant');
    }
  });

  test('a code with a wrong verifier is burnt', async (t) => {
    const { getCode, redeem } = await startTokens(t);
    const code = await getCode();
    assert.equal((await redeem(code, { code_verifier: 'b'.repeat(43) })).json['error'], 'invalid_grant');
    assert.equal((await redeem(code)).json['error'], 'invalid_grant');
  });

  test('a code after its minute', async (t) => {
    const { getCode, redeem, clock } = await startTokens(t);
    const code = await getCode();
    clock.advance(60_000);
    assert.equal((await redeem(code)).json['error'], 'invalid_grant');
  });

  test('a refresh token that comes twice takes back the access tokens of both', async (t) => {
    const { getCode, redeem, refresh, isRevoked, records } = await startTokens(t);
    const first = await redeem(await getCode());
    const stolen = String(first.json['refresh_token']);
    const second = await refresh(stolen);
    assert.equal((await refresh(stolen)).json['error'], 'invalid_grant');
    assert.ok(isRevoked(jti(first.json)) && isRevoked(jti(second.json)));
    assert.deepEqual(why(records), ['refresh-reuse']);
  });

  test('a logout while a refresh is under way', async (t) => {
    // Just when the refresh has taken the old token and not yet kept the new one, the logout does all of its work.
    let between: (() => Promise<unknown>) | undefined;
    const slow = (shelf: Shelf): Shelf => ({
      ...shelf,
      async put(key, value, until) {
        const work = key.startsWith('refresh:') ? between : undefined;
        between = undefined;
        await work?.();
        await shelf.put(key, value, until);
      },
    });
    const { getCode, redeem, refresh, post } = await startTokens(t, { slow });
    const { json } = await redeem(await getCode());
    const token = String(json['refresh_token']);
    between = () => post('/auth/oauth/revoke', { token });
    const renewed = await refresh(token);
    assert.equal(renewed.json['error'], 'invalid_grant', 'the logout is not undone by what came later');
    assert.ok(!('refresh_token' in renewed.json));
  });

  test('a made-up token with the id of somebody’s family does not end it', async (t) => {
    const { getCode, redeem, refresh, post, records } = await startTokens(t);
    const { json } = await redeem(await getCode());
    const token = String(json['refresh_token']);
    const forged = `${token.slice(0, -43)}${'A'.repeat(43)}`;
    assert.equal((await refresh(forged)).json['error'], 'invalid_grant');
    assert.equal((await post('/auth/oauth/revoke', { token: forged })).status, 200);
    assert.deepEqual(why(records), []);
    assert.equal((await refresh(token)).status, 200);
  });

  test('a refresh after the session has ended', async (t) => {
    const { getCode, redeem, refresh, live, isRevoked, records } = await startTokens(t);
    const { json } = await redeem(await getCode());
    live.clear();
    assert.equal((await refresh(String(json['refresh_token']))).json['error'], 'invalid_grant');
    assert.ok(isRevoked(jti(json)));
    assert.deepEqual(why(records), ['session-ended']);
  });

  test('an access token is given back by itself', async (t) => {
    const { getCode, redeem, refresh, post, isRevoked, records } = await startTokens(t);
    const { json } = await redeem(await getCode());
    assert.equal((await post('/auth/oauth/revoke', { token: String(json['access_token']) })).status, 200);
    assert.ok(isRevoked(jti(json)));
    assert.deepEqual(why(records), ['given-back']);
    assert.equal((await refresh(String(json['refresh_token']))).status, 200);
  });

  test('what is refused is on the record, without a word of the caller’s', async (t) => {
    const { token, redeem, records } = await startTokens(t);
    await redeem('secret-code-of-mine');
    await token({ grant_type: 'secret-grant-of-mine' });
    await token({ grant_type: 'refresh_token', client_id: 'regate-cli', refresh_token: 'secret-refresh-of-mine' });
    const refused = records.filter(({ action }) => action === 'tokens.refuse');
    assert.deepEqual(
      refused.map(({ code, decision, parameters }) => [code, decision, parameters?.['asked']]),
      [
        ['invalid_grant', 'deny', 'authorization_code'],
        ['unsupported_grant_type', 'deny', 'unknown'],
        ['invalid_grant', 'deny', 'refresh_token'],
      ],
    );
    assert.doesNotMatch(JSON.stringify(records), /of-mine/);
  });
});
