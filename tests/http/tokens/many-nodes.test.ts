import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse, stringify } from 'yaml';
import { loadConfiguration } from '../../../gateway/config/load.ts';
import { prepareDemo } from '../../../gateway/demo/demo.ts';
import { startGateway } from '../../../gateway/main.ts';
import { openSigningKeys } from '../../../gateway/mint/signing-keys.ts';
import { newId } from '../../../gateway/observe/new-id.ts';
import { silent } from '../../main/gateway.ts';
import { Browser } from '../login/browser.ts';
import { startProvider } from '../login/oidc/provider.ts';
import { MovableClock } from '../login/scene.ts';
import { isRedisMissing, startRedis } from '../login/stores/redis-server.ts';
import { challenge, redirectUri, verifier } from './harness.ts';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => void server.close(resolve));
  return port;
}

test('two nodes with one Redis and one folder of keys are one server of tokens', {
  skip: isRedisMissing() && 'redis-server is missing',
}, async (t) => {
  const redis = await startRedis(t);
  const provider = await startProvider(t);
  const directory = mkdtempSync(join(tmpdir(), 'regate-nodes-'));
  const ports = [await freePort(), await freePort()] as const;
  const [first, second] = ports.map((port) => `http://127.0.0.1:${port}`) as [string, string];
  const { clientSecretFile } = provider.register(first, 'corp');
  const secretFile = join(directory, 'cookie-secrets');
  writeFileSync(secretFile, `${'s'.repeat(48)}\n`, { mode: 0o600 });
  const keysDirectory = join(directory, 'token-keys');
  const clock = new MovableClock();
  const demo = await prepareDemo({
    ...{
      directory: join(directory, 'dev'),
      port: 0,
      doorsPort: 0,
      adminPort: 0,
      environment: {},
      newId: () => newId(Date.now()),
      journal: 0,
    },
  });
  const common = parse(readFileSync(demo.configurationPath, 'utf8'));
  const stops: (() => Promise<void>)[] = [];
  for (const [index, port] of ports.entries()) {
    const file = {
      ...common,
      listen: { port, tls: { mode: 'plaintext' } },
      record: { directory: join(directory, `decisions-${index}`), checkpoints: { key_file: join(directory, `checkpoint-${index}.key`) } },
      login: {
        public_url: first,
        sessions: { store: { kind: 'redis', url: redis.url }, secret_file: secretFile },
        oidc: [
          {
            ...{ alias: 'corp', issuer: provider.issuer, client_id: 'regate', client_secret_file: clientSecretFile },
            ...{ groups: 'groups', group_roles: { engineers: ['engineer'] } },
          },
        ],
      },
      tokens: { issuer: first, keys_directory: keysDirectory },
    };
    const path = join(directory, 'dev', `node-${index}.yaml`);
    writeFileSync(path, stringify(file));
    const gateway = await startGateway(loadConfiguration(path, { environment: {} }), { logger: silent, environment: {}, clock });
    stops.push(() => gateway.stop());
  }
  t.after(async () => {
    for (const stop of stops) await stop();
    await demo.upstream.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const token = async (node: string, form: Readonly<Record<string, string>>) => {
    const answer = await fetch(`${node}/auth/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({ client_id: 'regate-cli', ...form }),
    });
    return { status: answer.status, json: (await answer.json()) as Record<string, string> };
  };
  const call = async (node: string, bearer: string | undefined) => {
    const answer = await fetch(`${node}/v1/models`, { headers: { authorization: `Bearer ${bearer}` } });
    return answer.status;
  };
  const renew = (node: string, refresh: string | undefined) => token(node, { grant_type: 'refresh_token', refresh_token: refresh ?? '' });

  const browser = new Browser();
  const query = new URLSearchParams({
    ...{ response_type: 'code', client_id: 'regate-cli', redirect_uri: redirectUri, state: 'x' },
    ...{ code_challenge: challenge, code_challenge_method: 'S256' },
  });
  const page = await browser.follow(`${first}/auth/oauth/authorize?${query}`);
  const fields = Object.fromEntries(
    [...page.text.matchAll(/name="([^"]+)" value="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]),
  );
  const decoded = Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, value.replace(/&#(\d+);/g, (_all, code) => String.fromCharCode(Number(code)))]),
  );
  const answered = await browser.visit(`${first}/auth/oauth/authorize`, {
    form: { ...decoded, answer: 'yes' },
    headers: { origin: first },
  });
  const code = new URL(answered.headers.get('location') ?? 'about:blank').searchParams.get('code') ?? '';

  const given = await token(second, { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier });
  assert.equal(given.status, 200, JSON.stringify(given.json));
  for (const node of [first, second]) assert.equal(await call(node, given.json['access_token']), 200);

  const third = await renew(first, given.json['refresh_token']);
  assert.equal(third.status, 200);
  const keys = await openSigningKeys({ directory: keysDirectory, algorithm: 'ES256', longestLifeSeconds: 900, clock, logger: silent });
  const { kid } = await keys.rotate();
  clock.forward(61);
  const fourth = await renew(second, third.json['refresh_token']);
  const header = JSON.parse(Buffer.from(fourth.json['access_token']?.split('.')[0] ?? '', 'base64url').toString()) as { kid: string };
  assert.equal(header.kid, kid, 'the node that was not told signs with the new key');
  for (const node of [first, second]) {
    assert.equal(await call(node, fourth.json['access_token']), 200, 'both know the new key');
    assert.equal(await call(node, third.json['access_token']), 200, 'and the old one');
  }

  // Of both nodes asked at once for the same, at most one gives; whoever comes second ends it for all.
  const race = await Promise.all([renew(first, fourth.json['refresh_token']), renew(second, fourth.json['refresh_token'])]);
  assert.ok(race.filter(({ status }) => status === 200).length <= 1);
  for (const { json } of race)
    assert.equal(
      (await renew(first, json['refresh_token'])).json['error'],
      json['refresh_token'] === undefined ? 'invalid_request' : 'invalid_grant',
    );
  clock.forward(2);
  for (const node of [first, second]) assert.equal(await call(node, fourth.json['access_token']), 401, 'taken back on either node');
});
