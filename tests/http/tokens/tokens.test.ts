import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ada, claimsOf, exchangeForm, makeDpopKey, outsideToken, personToken, proveKey, redirectUri, startTokens } from './harness.ts';

test('a person who says yes gets a code, the code a token, and the token is the person at the data port', async (t) => {
  const { approve, redeem, present, asked } = await startTokens(t);
  const { to } = await approve();
  const back = new URL(to ?? '');
  assert.equal(back.origin + back.pathname, redirectUri);
  assert.equal(back.searchParams.get('state'), 'xyz');
  assert.equal(back.searchParams.get('iss'), 'https://gateway.example', 'RFC 9207');
  const { status, json } = await redeem(back.searchParams.get('code') ?? '');
  assert.equal(status, 200);
  assert.equal(json['token_type'], 'Bearer');
  assert.equal(json['expires_in'], 900);
  const claims = claimsOf(json['access_token']);
  assert.equal(claims['sub'], 'okta:00u1');
  assert.equal(claims['sid'], ada.id);
  assert.equal(claims['aud'], 'regate');
  const chain = await present(String(json['access_token']));
  assert.ok(!('kind' in chain));
  assert.deepEqual(chain.originator, ada.person);
  assert.equal(chain.attested.session?.id, ada.id);
  const [only] = asked;
  assert.equal(only?.action.action, 'tokens.mint');
  assert.deepEqual(only?.action.resource, { type: 'token', id: claims['jti'] }, 'the record names the token before it exists');
});

test('a refreshed token has the roles of now, and the login ends with the session', async (t) => {
  const { getCode, redeem, refresh, live, clock } = await startTokens(t);
  const first = (await redeem(await getCode())).json;
  live.set(ada.id, { ...ada, person: { ...ada.person, roles: ['contractor'] } });
  clock.advance(60_000);
  const second = (await refresh(String(first['refresh_token']))).json;
  assert.deepEqual((claimsOf(second['access_token'])['principals'] as { roles: string[] }[])[0]?.roles, ['contractor']);
  live.delete(ada.id);
  assert.equal((await refresh(String(second['refresh_token']))).json['error'], 'invalid_grant');
});

test('no token outlives the session', async (t) => {
  const { getCode, redeem, live, clock } = await startTokens(t);
  live.set(ada.id, { ...ada, endsAt: clock.now() + 120_000 });
  assert.equal((await redeem(await getCode())).json['expires_in'], 120);
});

test('a terminal without a browser: it shows a code, the person approves it, it gets a token once', async (t) => {
  const { post, token, asAda, present, clock, giveTicket } = await startTokens(t);
  const begun = (await post('/auth/oauth/device-authorization', { client_id: 'regate-cli' })).json;
  assert.match(String(begun['user_code']), /^[B-Z]{4}-[B-Z]{4}$/);
  const poll = () =>
    token({
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      client_id: 'regate-cli',
      device_code: String(begun['device_code']),
    });
  assert.equal((await poll()).json['error'], 'authorization_pending');
  assert.equal((await poll()).json['error'], 'slow_down');
  const code = String(begun['user_code']).toLowerCase().replace('-', ' ');
  const looked = await post('/auth/oauth/device', { user_code: code, answer: 'look' }, asAda);
  assert.match(looked.text, /okta:00u1/);
  assert.equal((await post('/auth/oauth/device', { user_code: code, answer: 'approve', ticket: await giveTicket() }, asAda)).status, 200);
  clock.advance(5000);
  const { json } = await poll();
  const chain = await present(String(json['access_token']));
  assert.ok(!('kind' in chain));
  assert.equal(chain.originator.id, 'okta:00u1');
  assert.equal((await poll()).json['error'], 'expired_token');
});

test('a person can refuse a terminal', async (t) => {
  const { post, token, asAda, giveTicket } = await startTokens(t);
  const begun = (await post('/auth/oauth/device-authorization', { client_id: 'regate-cli' })).json;
  await post('/auth/oauth/device', { user_code: String(begun['user_code']), answer: 'deny', ticket: await giveTicket() }, asAda);
  const form = {
    grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
    client_id: 'regate-cli',
    device_code: String(begun['device_code']),
  };
  assert.equal((await token(form)).json['error'], 'access_denied');
});

test('who is not logged in is led to the login and back', async (t) => {
  const { get, wish } = await startTokens(t);
  const answer = await get(`/auth/oauth/authorize?${new URLSearchParams(wish)}`);
  assert.equal(answer.status, 303);
  const to = new URL(answer.headers.get('location') ?? '', 'https://gateway.example');
  assert.equal(to.pathname, '/auth/login');
  assert.equal(to.searchParams.get('return_to'), `/auth/oauth/authorize?${new URLSearchParams(wish)}`);
});

test('an agent exchanges a token of a person for one whose chain says so, and a second actor lengthens it', async (t) => {
  const { token, present, asked } = await startTokens(t);
  const first = (await token(exchangeForm(personToken(), outsideToken()))).json;
  assert.equal(first['issued_token_type'], 'urn:ietf:params:oauth:token-type:access_token');
  assert.deepEqual(claimsOf(first['access_token'])['act'], { sub: 'okta:triage' });
  const again = (await token(exchangeForm(String(first['access_token']), outsideToken({ sub: 'runner', kind: 'service' })))).json;
  assert.deepEqual(claimsOf(again['access_token'])['act'], { sub: 'okta:runner', act: { sub: 'okta:triage' } }, 'the outermost acts now');
  const chain = await present(String(again['access_token']));
  assert.ok(!('kind' in chain));
  assert.deepEqual(
    chain.principals.map(({ id, method }) => [id, method]),
    [
      ['okta:00u1', 'jwt'],
      ['okta:triage', 'delegated'],
      ['okta:runner', 'delegated'],
    ],
  );
  assert.deepEqual(chain.principals[1]?.roles, ['agent'], 'everybody keeps the roles that are his own');
  assert.deepEqual(
    asked.map(({ action }) => [action.action, action.parameters?.['actors']]),
    [
      ['tokens.exchange', ['okta:triage']],
      ['tokens.exchange', ['okta:triage', 'okta:runner']],
    ],
  );
});

test('the policy narrows a token, and a limit that nobody knows is a refusal', async (t) => {
  const { token, policy } = await startTokens(t);
  const subject = personToken({ scope: 'llm:invoke llm:embed' });
  policy.answer = () => ({ max_lifetime_seconds: 60, scopes: ['llm:embed'] });
  const { json } = await token(exchangeForm(subject, outsideToken()));
  assert.equal(json['expires_in'], 60);
  assert.equal(json['scope'], 'llm:embed');
  policy.answer = () => ({ colour: 'red' });
  assert.equal((await token(exchangeForm(subject, outsideToken()))).status, 503);
  policy.answer = () => 'deny';
  assert.equal((await token(exchangeForm(subject, outsideToken()))).json['error'], 'access_denied');
});

test('a token that is bound to a key is good with a proof of it', async (t) => {
  const { getCode, redeem, present } = await startTokens(t);
  const key = makeDpopKey();
  const { json } = await redeem(await getCode(), {}, { dpop: proveKey(key) });
  assert.equal(json['token_type'], 'DPoP');
  const value = String(json['access_token']);
  const proof = proveKey(key, { htm: 'GET', htu: 'https://gateway.example/v1/models', token: value });
  const chain = await present(value, { scheme: 'DPoP', proof });
  assert.ok(!('kind' in chain), JSON.stringify(chain));
  assert.equal(chain.originator.id, 'okta:00u1');
});

test('keys rotate with an overlap: the new one is published first, the old one goes when nothing of it can hold', async (t) => {
  const { keys, clock, getCode, redeem, present, directory } = await startTokens(t);
  const kids = () => (JSON.parse(keys.publicKeys()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
  const old = String((await redeem(await getCode())).json['access_token']);
  const { kid } = await keys.rotate();
  assert.equal(kids().length, 2);
  assert.notEqual(keys.active().kid, kid, 'published, not yet signing');
  clock.advance(60_000);
  assert.equal(keys.active().kid, kid);
  assert.ok(!('kind' in (await present(old))), 'what the old key has signed holds');
  assert.ok(!('kind' in (await present(String((await redeem(await getCode())).json['access_token'])))));
  clock.advance(900_001);
  await keys.rotate();
  assert.equal(kids().length, 2);
  const files = readdirSync(directory).filter((name) => name.endsWith('.pem'));
  assert.equal(files.length, 2, 'the key of the first is deleted');
  for (const name of files) assert.equal(statSync(join(directory, name)).mode & 0o777, 0o600);
});

test('the server describes itself, and its key set holds no private part', async (t) => {
  const { get } = await startTokens(t);
  const metadata = (await (await get('/.well-known/oauth-authorization-server')).json()) as Record<string, unknown>;
  assert.equal(metadata['issuer'], 'https://gateway.example');
  assert.deepEqual(metadata['code_challenge_methods_supported'], ['S256']);
  const { keys } = (await (await get('/auth/oauth/jwks')).json()) as { keys: Record<string, unknown>[] };
  assert.deepEqual(Object.keys(keys[0] ?? {}).sort(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
});
