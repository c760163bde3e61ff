import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startAdmin } from './start-admin.ts';

const hello = { model: 'gpt-5-mini', messages: [{ role: 'user', content: 'Hello' }] };
const bot = { name: 'ci-bot', kind: 'service', owner: { kind: 'team', id: 'research' }, roles: ['service'] };

test('the life of a key: made, used, rotated with an overlap, revoked at once', async (t) => {
  const { knock, post, directory, records } = await startAdmin(t);
  const made = await knock('POST', '/v1/keys', 'administrator', JSON.stringify(bot));
  assert.equal(made.status, 201);
  const key = String(made.json['key']);
  const id = String(made.json['id']);
  assert.match(key, /^rg_/);
  assert.ok(!('hash' in made.json));
  assert.equal((await post('/v1/chat/completions', key, hello)).status, 200);

  const rotated = await knock('POST', `/v1/keys/${id}/rotate`, 'administrator', '{"overlap_seconds":60}');
  assert.equal(rotated.status, 201);
  assert.equal(rotated.json['replaces'], id);
  const next = String(rotated.json['key']);
  for (const each of [key, next]) assert.equal((await post('/v1/chat/completions', each, hello)).status, 200);

  const listed = (await knock('GET', '/v1/keys', 'administrator')).json['keys'] as Record<string, unknown>[];
  assert.deepEqual(
    listed.map((each) => each['name']),
    ['ci-bot', 'ci-bot'],
  );
  assert.doesNotMatch(JSON.stringify(listed), /hash|rg_/);

  assert.equal((await knock('DELETE', `/v1/keys/${id}`, 'administrator')).status, 200);
  const refused = await post('/v1/chat/completions', key, hello);
  assert.equal(refused.status, 401);
  assert.equal(JSON.parse(refused.text).error.code, 'credential.revoked');
  assert.equal((await post('/v1/chat/completions', next, hello)).status, 200);

  // What the gateway did by itself, at its start, has no identity.
  const actions = records()
    .filter(({ identity }) => identity !== undefined)
    .map(({ action, resource }) => [action, resource?.id]);
  assert.deepEqual(actions, [
    ['keys.create', undefined],
    ['keys.rotate', id],
    ['keys.list', undefined],
    ['keys.revoke', id],
  ]);
  const log = readLog(directory);
  for (const secret of [key, next]) assert.ok(!log.includes(secret), 'no key is on the record');
});

test('nobody makes a key that may do more than he, and what makes no sense is not asked', async (t) => {
  const { knock } = await startAdmin(t);
  const asked = (caller: string, body: object) => knock('POST', '/v1/keys', caller, JSON.stringify(body));
  assert.equal((await asked('engineer', bot)).status, 403);
  assert.equal((await asked('administrator', { ...bot, owner: undefined })).json['code'], 'admin.malformed');
  assert.equal((await asked('administrator', { ...bot, unheard: 1 })).json['code'], 'admin.malformed');
  const keeper = await asked('administrator', { ...bot, name: 'keeper', roles: ['security'] });
  assert.equal((await asked(String(keeper.json['key']), { ...bot, roles: ['gateway-admin'] })).json['code'], 'policy.denied');
  assert.equal((await asked(String(keeper.json['key']), bot)).status, 201);
});

test('a key is good for its models and its places only', async (t) => {
  const { knock, post } = await startAdmin(t);
  const make = async (name: string, limits: object) =>
    String((await knock('POST', '/v1/keys', 'administrator', JSON.stringify({ ...bot, name, limits }))).json['key']);
  const reasons = async (key: string) => JSON.parse((await post('/v1/chat/completions', key, hello)).text).error.reasons;
  assert.deepEqual(await reasons(await make('elsewhere', { cidrs: ['192.0.2.0/24'] })), ['key.place-not-granted']);
  assert.deepEqual(await reasons(await make('other-model', { models: ['text-embedding-3-small'] })), ['key.model-not-granted']);
  const here = await make('here', { cidrs: ['127.0.0.0/8'], models: ['gpt-5-mini'] });
  assert.equal((await post('/v1/chat/completions', here, hello)).status, 200);
});

test('who has been revoked is refused wherever he stands in the chain, though his token is still in the cache', async (t) => {
  const { knock, post, directory } = await startAdmin(t);
  for (const caller of ['engineer', 'agent-for-service', 'contractor']) {
    assert.equal((await post('/v1/chat/completions', caller, hello)).status, 200, caller);
  }
  const revoked = await knock('POST', '/v1/revocations', 'administrator', '{"kind":"subject","id":"demo:ada"}');
  assert.equal(revoked.status, 201);
  for (const caller of ['engineer', 'agent-for-service']) {
    assert.equal(JSON.parse((await post('/v1/chat/completions', caller, hello)).text).error.code, 'credential.revoked', caller);
  }
  assert.equal((await post('/v1/chat/completions', 'contractor', hello)).status, 200);
  const lines = readLog(directory)
    .split('\n')
    .filter((line) => line.includes('credential.revoked') && line.includes('"decided"'));
  assert.equal(lines.length, 2);
  for (const line of lines) assert.match(line, /the subject demo:ada is revoked/);
  assert.equal((await knock('DELETE', `/v1/revocations/subject/${encodeURIComponent('demo:ada')}`, 'administrator')).status, 200);
  assert.equal((await post('/v1/chat/completions', 'engineer', hello)).status, 200);
});

test('a single token is revoked by its id, and the device that it names as well', async (t) => {
  const { knock, post, demo } = await startAdmin(t);
  const [, claims = ''] = (demo.tokens['engineer'] ?? '').split('.');
  const { jti } = JSON.parse(Buffer.from(claims, 'base64url').toString());
  await knock('POST', '/v1/revocations', 'administrator', JSON.stringify({ kind: 'token', id: jti }));
  assert.equal((await post('/v1/chat/completions', 'engineer', hello)).status, 401);
  assert.equal((await post('/v1/chat/completions', 'service-for-engineer', hello)).status, 200);
  await knock('POST', '/v1/revocations', 'administrator', '{"kind":"device","id":"laptop-ada"}');
  assert.equal((await post('/v1/chat/completions', 'service-for-engineer', hello)).status, 401);
});

function readLog(directory: string): string {
  const place = join(directory, 'decisions');
  return readdirSync(place)
    .filter((name) => name.endsWith('.ndjson'))
    .sort()
    .map((name) => readFileSync(join(place, name), 'utf8'))
    .join('');
}
