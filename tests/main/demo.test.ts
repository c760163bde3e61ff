import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfiguration } from '../../gateway/config/load.ts';
import { prepareDemo } from '../../gateway/demo/demo.ts';
import { greet } from '../../gateway/demo/greeting.ts';
import { startDemoGateway } from './gateway.ts';

test('the demo allows, denies with the reason, and re-routes, as its greeting says', async (t) => {
  const { post, demo } = await startDemoGateway(t);
  const hello = { model: 'gpt-5.1', messages: [{ role: 'user', content: 'Hello' }] };
  const ask = (caller: string) => post('/v1/chat/completions', caller, hello);

  assert.equal((await ask('engineer')).status, 200);
  const denied = await ask('engineer-personal-laptop');
  assert.equal(denied.status, 403);
  assert.deepEqual(JSON.parse(denied.text).error.reasons, ['device.unmanaged']);
  const rerouted = await ask('contractor');
  assert.equal(JSON.parse(rerouted.text).model, 'gpt-5-mini');
  const sent = JSON.parse(demo.upstream.requests.at(-1)?.body.toString() ?? '');
  assert.equal(sent.model, 'gpt-5-mini');
  assert.equal(sent.max_completion_tokens, 1024);
});

test('with a key in the environment the demo routes to the real provider and says so', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'regate-demo-'));
  const environment = { OPENAI_API_KEY: 'sk-not-a-real-key' };
  const demo = await prepareDemo({ directory, port: 0, doorsPort: 0, adminPort: 0, environment, newId: () => 'id' });
  t.after(async () => {
    await demo.upstream.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const { catalogue, credentials } = loadConfiguration(demo.configurationPath, { environment });
  assert.equal(catalogue.backends.get('openai')?.baseUrl, 'https://api.openai.com/v1');
  assert.deepEqual(credentials.get('openai'), { source: 'environment', name: 'OPENAI_API_KEY' });
  assert.match(catalogue.backends.get('demo-anthropic')?.baseUrl ?? '', /^http:\/\/127\.0\.0\.1:/);
  const { real, configurationPath } = demo;
  const said = greet({ url: 'https://localhost:1', doorsUrl: 'http://localhost:2', directory, caPath: 'ca', configurationPath, real });
  assert.match(said, /openai: the REAL provider/);
  assert.match(said, /anthropic: the demo upstream/);
  assert.doesNotMatch(readFileSync(configurationPath, 'utf8'), /sk-not/);
});

test('what the demo writes is for its owner only', async (t) => {
  const { directory } = await startDemoGateway(t);
  for (const name of ['tokens.json', 'issuer-key.pem', 'upstream-credential', 'keys-pepper', 'ca-key.pem']) {
    assert.equal(statSync(join(directory, 'dev', name)).mode & 0o777, 0o600, name);
  }
});
