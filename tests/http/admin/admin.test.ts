import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startAdmin } from './start-admin.ts';

test('an action that the policy grants is done and stands on the record with the whole chain', async (t) => {
  const { knock, records } = await startAdmin(t);
  const answer = await knock('GET', '/v1/policy', 'administrator');
  assert.equal(answer.status, 200);
  assert.equal(typeof answer.json['active_revision'], 'string');
  const record = records().find(({ decision_id }) => decision_id === answer.headers['x-regate-decision-id']);
  assert.equal(record?.kind, 'administrative');
  assert.equal(record?.action, 'policy.read');
  assert.equal(record?.decision, 'allow');
  assert.equal(record?.identity?.chain[0]?.id, 'demo:olga');
  assert.equal(record?.policy?.revision, answer.json['active_revision']);
});

test('an action that no role grants is refused with its reason, and recorded', async (t) => {
  const { knock, records } = await startAdmin(t);
  const answer = await knock('POST', '/v1/policy/refresh', 'contractor');
  assert.equal(answer.status, 403);
  assert.equal(answer.headers['content-type'], 'application/problem+json');
  assert.deepEqual(answer.json['reasons'], ['admin.not-granted']);
  const record = records().find(({ decision_id }) => decision_id === answer.json['decision_id']);
  assert.equal(record?.decision, 'deny');
  assert.equal(record?.code, 'policy.denied');
  assert.deepEqual(record?.policy?.reasons, [{ code: 'admin.not-granted', rule: 'gateway/admin' }]);
});

test('nobody is let in by a grant of somebody further down the chain', async (t) => {
  const { knock } = await startAdmin(t);
  assert.equal((await knock('GET', '/v1/whoami', 'agent-for-service')).status, 200);
  assert.equal((await knock('GET', '/v1/policy', 'agent-for-service')).status, 403);
});

test('without a credential, with a bad one, and with a cookie there is no door, and the record tells who knocked', async (t) => {
  const { knock, records } = await startAdmin(t);
  assert.equal((await knock('GET', '/v1/policy')).json['code'], 'credential.missing');
  assert.equal((await knock('GET', '/v1/policy', 'no-such-token')).json['code'], 'credential.malformed');
  const withCookie = await knock('POST', '/v1/policy/refresh', undefined, '', { cookie: 'session=anything' });
  assert.equal(withCookie.status, 401);
  await knock('GET', '/v1/whoami', 'administrator');
  const refused = records().filter(({ action }) => action === 'admin.refuse');
  assert.deepEqual(
    refused.map(({ code, parameters }) => [code, parameters?.['path']]),
    [
      ['credential.missing', '/v1/policy'],
      ['credential.malformed', '/v1/policy'],
      ['credential.missing', '/v1/policy/refresh'],
    ],
  );
});

test('unknown doors, other methods, and bodies that could be read in two ways are refused', async (t) => {
  const { knock } = await startAdmin(t);
  assert.equal((await knock('GET', '/v1/nothing', 'administrator')).json['code'], 'admin.unknown-door');
  assert.equal((await knock('DELETE', '/v1/policy', 'administrator')).status, 404);
  assert.equal((await knock('POST', '/v1/policy/refresh', 'administrator', '{"a":1,"a":2}')).json['code'], 'json.duplicate-key');
  assert.equal((await knock('POST', '/v1/policy/refresh', 'administrator', 'x'.repeat(2_000_000))).json['code'], 'admin.malformed');
  assert.equal((await knock('GET', '/v1/%zz', 'administrator')).status >= 400, true);
});
