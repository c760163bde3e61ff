import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { test } from 'node:test';
import { startAdmin } from './start-admin.ts';

const ask = (model: string) => ({ model, messages: [{ role: 'user', content: 'Hello' }] });

test('who did what, by whom and when: searched, read whole, and counted, each on the record itself', async (t) => {
  const { knock, post, records } = await startAdmin(t);
  await post('/v1/chat/completions', 'engineer', ask('gpt-5.1'));
  await post('/v1/chat/completions', 'engineer-personal-laptop', ask('gpt-5.1'));
  await post('/v1/chat/completions', 'agent-for-service', ask('gpt-5-mini'));
  const search = async (query: string) =>
    (await knock('GET', `/v1/log?${query}`, 'administrator')).json['hits'] as Record<string, unknown>[];

  const hers = await search('principal=demo:ada');
  assert.equal(hers.length, 3);
  assert.deepEqual(
    hers.map(({ caller }) => caller),
    ['demo:triage-agent', 'demo:ada', 'demo:ada'],
  );
  assert.deepEqual(
    (await search('principal=demo:triage-agent')).map(({ originator }) => originator),
    ['demo:ada'],
  );
  const [denied] = await search('code=device.unmanaged&decision=deny&since=2020-01-01');
  assert.equal(denied?.['decision'], 'deny');
  assert.equal((await search('principal=demo:ada&until=2020-01-01')).length, 0);

  const whole = await knock('GET', `/v1/log/decisions/${String(denied?.['decision_id'])}`, 'administrator');
  const [{ record, delivered }] = whole.json['records'] as [{ record: Record<string, unknown>; delivered: Record<string, unknown> }];
  assert.equal(record['decision_id'], denied?.['decision_id']);
  assert.ok(record['hash'] && record['input'], 'the record as it stands in the log');
  assert.equal(delivered['outcome'], 'refused');
  assert.equal((await knock('GET', '/v1/log/decisions/unheard-of', 'administrator')).json['code'], 'admin.not-found');

  const counts = (await knock('GET', '/v1/log/statistics?by=principal', 'administrator')).json['counts'] as Record<string, unknown>[];
  assert.equal(counts.find(({ value }) => value === 'demo:ada')?.['count'], 3);
  const looks = records().filter(({ action }) => action === 'log.search');
  assert.deepEqual(looks[0]?.parameters, { principal: 'demo:ada' }, 'who looked for what is on the record, too');
});

test('nobody looks into the record without a grant, and a question with an unknown word is not answered in part', async (t) => {
  const { knock } = await startAdmin(t);
  for (const path of ['/v1/log', '/v1/log/decisions/x', '/v1/log/statistics', '/v1/log/tail']) {
    assert.equal((await knock('GET', path, 'engineer')).json['code'], 'policy.denied', path);
  }
  for (const query of [
    'persn=demo:ada',
    'principal=a&principal=b',
    'since=yesterday',
    'limit=0',
    'cursor=x',
    'decision=maybe',
    'by=colour',
    'principal=',
  ]) {
    assert.equal((await knock('GET', `/v1/log?${query}`, 'administrator')).json['code'], 'admin.malformed', query);
  }
});

test('a live tail shows each record once it is on the disk', async (t) => {
  const { gateway, demo, post } = await startAdmin(t);
  const ca = await readFile(gateway.caPath ?? '');
  const headers = { authorization: `Bearer ${demo.tokens['administrator']}` };
  const call = request(`${gateway.adminUrl}/v1/log/tail`, { ca, headers }).end();
  const [answer] = await once(call, 'response');
  assert.equal(answer.headers['content-type'], 'text/event-stream');
  let text = '';
  const seen = new Promise<void>((resolve) => {
    answer.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes('"kind":"delivered"')) resolve();
    });
  });
  await post('/v1/chat/completions', 'contractor', ask('gpt-5-mini'));
  await seen;
  call.destroy();
  const events = text.split('\n\n').filter((event) => event.startsWith('event: record'));
  const lines = events.map((event) => JSON.parse(event.slice(event.indexOf('data: ') + 6)));
  assert.ok(lines.some(({ kind, identity }) => kind === 'decided' && identity.chain[0].id === 'demo:carl'));
});
