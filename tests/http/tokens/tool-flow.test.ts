import assert from 'node:assert/strict';
import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { parse, stringify } from 'yaml';
import { loadConfiguration } from '../../../gateway/config/load.ts';
import { prepareDemo } from '../../../gateway/demo/demo.ts';
import { startGateway } from '../../../gateway/main.ts';
import { newId } from '../../../gateway/observe/new-id.ts';
import { silent } from '../../main/gateway.ts';
import { Browser } from '../login/browser.ts';
import { startProvider } from '../login/oidc/provider.ts';
import { exchangeForm } from './harness.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../../..');
const cli = join(root, 'gateway/cli/regate.ts');

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** The whole gateway with a real OpenID provider, the demo's upstream and issuer, and the command line as a person has it. */
async function start(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'regate-flow-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const provider = await startProvider(t);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const known = provider.register(url, 'corp');
  const dev = join(directory, 'dev');
  const demo = await prepareDemo({
    directory: dev,
    port,
    doorsPort: 0,
    adminPort: 0,
    environment: {},
    newId: () => newId(Date.now()),
    journal: 100,
  });
  const file = parse(readFileSync(demo.configurationPath, 'utf8'));
  const configured = {
    ...file,
    listen: { port, tls: { mode: 'plaintext' } },
    login: {
      public_url: url,
      oidc: [
        {
          ...{ alias: 'corp', issuer: provider.issuer, client_id: 'regate', client_secret_file: known.clientSecretFile },
          ...{ groups: 'groups', group_roles: { engineers: ['engineer'] } },
        },
      ],
    },
    tokens: { issuer: url, keys_directory: join(directory, 'token-keys') },
  };
  writeFileSync(demo.configurationPath, stringify(configured));
  const gateway = await startGateway(loadConfiguration(demo.configurationPath, { environment: {} }), { logger: silent, environment: {} });
  t.after(async () => {
    await gateway.stop();
    await demo.upstream.close();
  });
  const environment = { PATH: process.env['PATH'] ?? '', XDG_CONFIG_HOME: join(directory, 'config'), NODE_NO_WARNINGS: '1' };
  const regate = async (...args: string[]) => (await run(process.execPath, [cli, ...args], { env: environment })).stdout.trim();
  const begin = (...args: string[]) => spawn(process.execPath, [cli, ...args], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  const records = () => {
    const place = join(directory, 'decisions');
    const text = readdirSync(place)
      .filter((name) => name.endsWith('.ndjson'))
      .map((name) => readFileSync(join(place, name), 'utf8'))
      .join('');
    const lines = text.split('\n').filter((line) => line.startsWith('{'));
    return { text, entries: lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
  };
  return { url, demo, regate, begin, records, directory, environment, browser: new Browser() };
}

/** The first piece of what a command says that fits. */
function hear(command: ChildProcessByStdio<null, Readable, Readable>, pattern: RegExp): Promise<string> {
  let said = '';
  return new Promise((resolve, reject) => {
    command.stderr.on('data', (chunk) => {
      said += String(chunk);
      const found = pattern.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    });
    command.once('exit', () => reject(new Error(`the command ended: ${said}`)));
  });
}

const page = { 'sec-fetch-site': 'same-origin' };

/** Submits a form of a page, as the person who presses a button does. */
function fieldsOf(text: string): Record<string, string> {
  const decode = (value: string) => value.replace(/&#(\d+);/g, (_all, code) => String.fromCharCode(Number(code)));
  return Object.fromEntries(
    [...text.matchAll(/<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"/g)].map(([, name = '', value = '']) => [name, decode(value)]),
  );
}

async function logInByBrowser({ url, begin, browser }: Awaited<ReturnType<typeof start>>): Promise<void> {
  const command = begin('login', '--gateway', url, '--no-browser');
  const ended = once(command, 'exit');
  const asked = await browser.follow(await hear(command, /Log in here: (\S+)\n/));
  assert.match(asked.text, /corp:u-1/, 'the person sees in whose name');
  const form = { ...fieldsOf(asked.text), answer: 'yes' };
  const last = await browser.follow(`${url}/auth/oauth/authorize`, { form, headers: page });
  assert.match(last.text, /You are logged in/);
  assert.deepEqual(await ended, [0, null]);
}

test('login, token, official SDK, and a record that names the person', async (t) => {
  const scene = await start(t);
  await logInByBrowser(scene);
  const { url, regate, records, directory, environment } = scene;
  assert.equal(statSync(join(directory, 'config/regate/logins.json')).mode & 0o777, 0o600);
  const token = await regate('token');
  const app = join(root, 'tests/sdk/openai-app.ts');
  const env = { ...environment, OPENAI_BASE_URL: `${url}/v1`, OPENAI_API_KEY: token };
  const { stdout } = await run(process.execPath, [app, 'ask', 'gpt-5-mini'], { env });
  assert.deepEqual(JSON.parse(stdout), { answered: 'gpt-5-mini' });

  const { text, entries } = records();
  const decided = entries.find(({ kind }) => kind === 'decided') as { identity: { chain: Record<string, unknown>[] }; decision: string };
  assert.equal(decided.decision, 'allow');
  const [person, presented] = decided.identity.chain;
  assert.deepEqual([person?.['id'], person?.['method'], person?.['roles']], ['corp:u-1', 'oidc', ['engineer']]);
  const minted = entries.find(({ action }) => action === 'tokens.mint') as { resource: { id: string } };
  assert.equal(presented?.['id'], minted.resource.id, 'the token that was used is the one on the record of its making');
  assert.ok(!text.includes(token), 'the token itself is nowhere');
  assert.deepEqual(
    entries.map(({ action }) => String(action)).filter((action) => /^(sessions|tokens)\./.test(action)),
    ['sessions.begin', 'tokens.mint'],
  );

  await regate('logout');
  await assert.rejects(regate('token'), /nobody is logged in/);
});

test('a terminal without a browser is approved in another one', async (t) => {
  const { url, begin, browser, regate } = await start(t);
  const command = begin('login', '--gateway', url, '--device');
  const ended = once(command, 'exit');
  const code = await hear(command, /type the code (\S+)\n/);
  const empty = await browser.follow(`${url}/auth/oauth/device`);
  assert.match(empty.text, /corp:u-1/);
  const looked = await browser.follow(`${url}/auth/oauth/device`, { form: { user_code: code, answer: 'look' }, headers: page });
  assert.match(looked.text, new RegExp(code));
  const done = await browser.follow(`${url}/auth/oauth/device`, {
    form: { ...fieldsOf(looked.text), answer: 'approve' },
    headers: page,
  });
  assert.match(done.text, /connected/);
  assert.deepEqual(await ended, [0, null]);
  assert.match(await regate('token'), /^ey/);
});

test('an agent exchanges the person’s token, and the record tells who stands behind it', async (t) => {
  const scene = await start(t);
  await logInByBrowser(scene);
  const { url, demo, regate, records } = scene;
  const made = demo.mint({ sub: 'triage-agent', kind: 'agent', roles: ['agent'] });
  const answer = await fetch(`${url}/auth/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams(exchangeForm(await regate('token'), made)),
  });
  const { access_token: token } = (await answer.json()) as { access_token: string };
  assert.equal(answer.status, 200);
  const asked = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-5-mini', messages: [{ role: 'user', content: 'Hello' }] }),
  });
  assert.equal(asked.status, 200);
  const decided = records().entries.find(({ kind }) => kind === 'decided') as { identity: { chain: Record<string, unknown>[] } };
  assert.deepEqual(
    decided.identity.chain.map(({ kind, id }) => (kind === 'token' || kind === 'credential' ? kind : `${kind} ${id}`)),
    ['person corp:u-1', 'agent demo:triage-agent', 'token', 'credential'],
  );
});

test('with the logout in the browser the tokens that came of the login end at once', async (t) => {
  const scene = await start(t);
  await logInByBrowser(scene);
  const { url, regate, browser } = scene;
  const headers = { authorization: `Bearer ${await regate('token')}` };
  assert.equal((await fetch(`${url}/v1/models`, { headers })).status, 200);
  const left = await browser.visit(`${url}/auth/logout`, { form: {}, headers: { ...page, origin: url } });
  assert.equal(left.status, 303);
  const refused = await fetch(`${url}/v1/models`, { headers });
  assert.equal(refused.status, 401);
  assert.equal(((await refused.json()) as { error: { code: string } }).error.code, 'credential.revoked');
});
