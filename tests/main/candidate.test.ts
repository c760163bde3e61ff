import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { unpackTar } from '../../gateway/bundle/unpack-tar.ts';
import { makePolicyCommand } from '../../gateway/cli/policy/policy.ts';
import { systemIo } from '../../gateway/cli/policy/policy-io.ts';
import { findDefaultBundle } from '../../gateway/demo/demo.ts';
import type { ComparisonRecord, DecidedRecord } from '../../gateway/vocabulary/record.ts';
import { packBundle } from '../engine/harness.ts';
import { startAdmin } from '../http/admin/start-admin.ts';
import { until } from '../story/until.ts';

const chat = { model: 'gpt-5-mini', messages: [{ role: 'user', content: 'Hello' }] };

/** The default bundle with other data, under another revision. */
async function changedBundle(revision: string, change: (data: Record<string, Record<string, unknown>>) => void): Promise<Buffer> {
  const files = new Map(await unpackTar(gunzipSync(readFileSync(findDefaultBundle()))));
  const json = (name: string) => JSON.parse(Buffer.from(files.get(name) ?? []).toString('utf8'));
  const data = json('data.json');
  data.regate.admission = { cases: {} };
  change(data);
  files.set('data.json', Buffer.from(JSON.stringify(data)));
  files.set('.manifest', Buffer.from(JSON.stringify({ ...json('.manifest'), revision })));
  return packBundle([...files].map(([name, content]) => ({ name: `/${name}`, content })));
}

/** Under these nobody comes from anywhere. */
const closed = () => changedBundle('closed', (data) => Object.assign(data['places'] ?? {}, { networks: {}, countries: {} }));

async function stage(t: TestContext, bundle: Buffer, trial: object) {
  let configurationPath = '';
  const world = await startAdmin(t, {
    change(file, directory) {
      const [active, candidate] = [join(directory, 'active.tar.gz'), join(directory, 'candidate.tar.gz')];
      writeFileSync(active, readFileSync(file.policy.bundle));
      writeFileSync(candidate, bundle);
      configurationPath = join(directory, 'dev', 'regate.yaml');
      file.policy = { ...file.policy, bundle: active, candidate: { bundle: candidate, ...trial } };
    },
  });
  const lines = <T>(kind: string) =>
    readdirSync(join(world.directory, 'decisions'))
      .filter((name) => name.endsWith('.ndjson'))
      .flatMap((name) => readFileSync(join(world.directory, 'decisions', name), 'utf8').split('\n'))
      .filter((line) => line.includes(`"kind":"${kind}"`))
      .map((line) => JSON.parse(line) as T);
  const decided = (id: unknown) => lines<DecidedRecord>('decided').find((record) => record.decision_id === id);
  const trialOf = async () => (await world.knock('GET', '/v1/policy/candidate', 'administrator')).json;
  return { ...world, decided, compared: () => lines<ComparisonRecord>('compared'), trialOf, configurationPath };
}

function metrics(doorsUrl: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(`${doorsUrl}/metrics`, async (answer) => {
      let text = '';
      for await (const chunk of answer) text += String(chunk);
      resolve(text);
    }).on('error', reject);
  });
}

test('in the shadow a candidate decides nothing; in what it differs is on record, in the status and in the metrics', async (t) => {
  const { post, compared, trialOf, gateway, directory } = await stage(t, await closed(), { mode: 'shadow' });
  const answer = await post('/v1/chat/completions', 'engineer', chat);
  assert.equal(answer.status, 200);
  const [line] = await until('the comparison', () => compared().length > 0 && compared());
  assert.equal(line?.decision_id, answer.headers['x-regate-decision-id']);
  assert.deepEqual([line?.candidate.revision, line?.candidate.bundle, line?.changes], ['closed', line?.policy.bundle, ['allow-to-deny']]);
  assert.ok(line !== undefined && 'codes' in line.after && line.after.codes.includes('location.not-allowed'));
  const status = await trialOf();
  assert.deepEqual(
    [status['revision'], status['compared'], status['different'], status['unapproved'], status['dropped']],
    ['closed', 1, 1, 1, 0],
  );
  const text = await metrics(gateway.doorsUrl);
  assert.match(text, /regate_candidate_differences_total\{change="allow-to-deny",approved="false"\} 1/);
  assert.match(text, /regate_candidate_compared_total 1/);

  let shown = '';
  const { makeLogCommand } = await import('../../gateway/cli/log/log.ts');
  const write = process.stdout.write;
  process.stdout.write = ((chunk: string) => {
    shown += chunk;
    return true;
  }) as typeof write;
  try {
    await makeLogCommand().parseAsync(['show', '--directory', join(directory, 'decisions'), '--last', '5'], { from: 'user' });
  } finally {
    process.stdout.write = write;
  }
  assert.match(shown, /candidate +closed would: deny location\.not-allowed \(allow-to-deny\)/);
});

test('as a canary it decides for those who are named, and their records name it', async (t) => {
  const { post, decided, trialOf } = await stage(t, await closed(), { mode: 'canary', canary: { identities: ['demo:carl'] } });
  const [ada, carl] = [await post('/v1/chat/completions', 'engineer', chat), await post('/v1/chat/completions', 'contractor', chat)];
  assert.deepEqual([ada.status, carl.status], [200, 403]);
  const [hers, his] = [decided(ada.headers['x-regate-decision-id']), decided(carl.headers['x-regate-decision-id'])];
  assert.equal(his?.policy?.revision, 'closed');
  assert.notEqual(hers?.policy?.revision, 'closed');
  assert.equal(his?.policy?.bundle, hers?.policy?.bundle);
  assert.equal((await trialOf())['decided'], 1);
});

test('a request that a canary cannot decide is refused, or decided by the policy in force where that is configured', async (t) => {
  // More fallbacks than an answer may have.
  const broken = await changedBundle('broken', (data) =>
    Object.assign(data['models']?.['gpt-5-mini'] as object, {
      class: 'small',
      fallbacks: Array.from({ length: 99 }, () => ({ backend: 'demo-openai' })),
    }),
  );
  for (const onFailure of ['refuse', 'active']) {
    const { post, decided, trialOf } = await stage(t, broken, { mode: 'canary', canary: { share: 100, on_failure: onFailure } });
    const answer = await post('/v1/chat/completions', 'engineer', chat);
    const record = decided(answer.headers['x-regate-decision-id']);
    const status = await trialOf();
    assert.deepEqual([status['revision'], status['failed']], ['broken', 1], JSON.stringify(status));
    if (onFailure === 'refuse')
      assert.deepEqual([answer.status, record?.code, record?.policy?.revision], [503, 'policy.malformed-answer', 'broken']);
    else assert.deepEqual([answer.status, record?.decision, record?.policy?.revision === 'broken'], [200, 'allow', false]);
  }
});

test('one call puts the candidate in force, by the way of every revision', async (t) => {
  const { knock, post, decided, trialOf, records } = await stage(t, await closed(), { mode: 'shadow' });
  assert.equal((await knock('POST', '/v1/policy/promote', 'contractor')).status, 403);
  assert.equal((await post('/v1/chat/completions', 'engineer', chat)).status, 200);
  const done = await knock('POST', '/v1/policy/promote', 'administrator');
  assert.deepEqual([done.status, done.json['revision']], [200, 'closed']);
  const answer = await post('/v1/chat/completions', 'engineer', chat);
  assert.equal(decided(answer.headers['x-regate-decision-id'])?.policy?.revision, 'closed');
  assert.equal(answer.status, 403);
  assert.equal((await trialOf())['promotion'], 'done');
  const again = await knock('POST', '/v1/policy/promote', 'administrator');
  assert.equal(again.json['title'], 'The candidate was not promoted: the candidate, revision closed, is in force already.');
  const actions = records().map(({ action, policy }) => `${action} ${policy?.revision}`);
  assert.ok(actions.includes('candidate.activate closed') && actions.includes('bundles.activate closed'), actions.join(', '));
});

test('a gateway that is held to a revision does not promote, and its file is what it was', async (t) => {
  const { knock, directory } = await stage(t, await closed(), { mode: 'shadow' });
  const before = readFileSync(join(directory, 'active.tar.gz'));
  const { active_revision: revision } = (await knock('GET', '/v1/policy', 'administrator')).json;
  assert.equal((await knock('POST', '/v1/policy/rollback', 'administrator', JSON.stringify({ revision }))).status, 200);
  const refused = await knock('POST', '/v1/policy/promote', 'administrator');
  assert.equal(refused.json['title'], 'The candidate was not promoted: the gateway is held to a revision by a rollback; release it first.');
  assert.deepEqual(readFileSync(join(directory, 'active.tar.gz')), before);
});

test('it is promoted by itself after enough decisions without a difference', async (t) => {
  const same = await changedBundle('same', () => undefined);
  const { post, trialOf, knock, records } = await stage(t, same, { mode: 'shadow', promote_after: 5 });
  for (let number = 0; number < 5; number += 1) await post('/v1/chat/completions', 'engineer', chat);
  await until('the promotion', async () => (await trialOf())['promotion'] === 'done');
  assert.equal((await knock('GET', '/v1/policy', 'administrator')).json['active_revision'], 'same');
  await until('its record', () => records().find(({ action }) => action === 'candidate.promote'));
});

test('a candidate that cannot be used changes nothing, and says why', async (t) => {
  const { post, trialOf, knock } = await stage(t, Buffer.from('no bundle'), { mode: 'canary', canary: { share: 100 } });
  assert.equal((await post('/v1/chat/completions', 'engineer', chat)).status, 200);
  assert.match(String((await trialOf())['message']), /the bundle/);
  assert.equal((await knock('POST', '/v1/policy/promote', 'administrator')).status, 409);
});

test('the command puts the file of the candidate in the place of the policy', async (t) => {
  const { configurationPath, knock } = await stage(t, await closed(), { mode: 'shadow' });
  let said = '';
  const err = (text: string) => {
    said += text;
  };
  const io = { ...systemIo(), err };
  await makePolicyCommand(io).parseAsync(['promote', '--config', configurationPath], { from: 'user' });
  assert.match(said, /candidate\.tar\.gz is now .*active\.tar\.gz/);
  await until('the new revision', async () => (await knock('GET', '/v1/policy', 'administrator')).json['active_revision'] === 'closed');
});
