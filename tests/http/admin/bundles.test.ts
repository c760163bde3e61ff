import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../../story/until.ts';
import { startAdmin } from './start-admin.ts';

interface Shown {
  readonly digest: string;
  readonly revision: string;
  readonly active: boolean;
  readonly pinned: boolean;
}

test('a gateway is rolled back and released by whoever the policy lets, and both stand on the record', async (t) => {
  const { knock, records } = await startAdmin(t);
  const revisions = async () => (await knock('GET', '/v1/policy/revisions', 'administrator')).json['revisions'] as readonly Shown[];
  const [only, ...more] = await revisions();
  assert.deepEqual([more.length, only?.active, only?.pinned], [0, true, false]);

  const refused = await knock('POST', '/v1/policy/rollback', 'contractor', JSON.stringify({ revision: only?.revision }));
  assert.equal(refused.status, 403);
  const done = await knock('POST', '/v1/policy/rollback', 'administrator', JSON.stringify({ revision: only?.revision }));
  assert.deepEqual([done.status, done.json['digest']], [200, only?.digest]);
  assert.equal((await revisions())[0]?.pinned, true);
  assert.equal((await knock('GET', '/v1/policy', 'administrator')).json['pinned'], only?.digest);

  assert.equal((await knock('POST', '/v1/policy/release', 'administrator')).status, 200);
  assert.equal((await revisions())[0]?.pinned, false);
  assert.deepEqual(
    records()
      .filter(({ action }) => action === 'bundles.activate' || action === 'bundles.rollback' || action === 'bundles.release')
      .map(({ action, decision, resource, identity }) => [action, decision, resource?.id, identity?.chain[0]?.id]),
    [
      ['bundles.activate', 'allow', undefined, undefined],
      ['bundles.rollback', 'deny', only?.revision, 'demo:carl'],
      ['bundles.rollback', 'allow', only?.revision, 'demo:olga'],
      ['bundles.release', 'allow', undefined, 'demo:olga'],
    ],
  );
});

test('a rollback to what is not kept changes nothing and says so', async (t) => {
  const { knock, records } = await startAdmin(t);
  const answer = await knock('POST', '/v1/policy/rollback', 'administrator', JSON.stringify({ revision: 'r-none' }));
  assert.equal(answer.status, 409);
  assert.equal(answer.json['title'], 'The gateway was not rolled back: no such revision is kept.');
  const decisions = () => records().flatMap(({ action, decision }) => (action === 'bundles.rollback' ? [decision] : []));
  // Nobody waits for the line that takes the first one back.
  await until('both lines', () => decisions().length === 2);
  assert.deepEqual(decisions(), ['allow', 'error']);
  for (const body of ['{}', '{"revision":1}', '{"revision":""}', '{"revision":"x","force":true}']) {
    assert.equal((await knock('POST', '/v1/policy/rollback', 'administrator', body)).json['code'], 'admin.malformed', body);
  }
});
