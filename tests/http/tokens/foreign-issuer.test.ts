import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer as createNetServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { exportJWK, generateKeyPair } from 'jose';
import { Provider } from 'oidc-provider';
import { parse, stringify } from 'yaml';
import { loadConfiguration } from '../../../gateway/config/load.ts';
import { prepareDemo } from '../../../gateway/demo/demo.ts';
import { startGateway } from '../../../gateway/main.ts';
import { newId } from '../../../gateway/observe/new-id.ts';
import { silent } from '../../main/gateway.ts';
import { until } from '../../story/until.ts';
import { listen } from '../login/scene.ts';
import { claimsOf, type DpopKey, exchangeForm, makeDpopKey, proveKey } from './harness.ts';

const audience = 'https://gateway.example/api';
const clientSecret = 'the-secret-of-the-agent-client-0123456789';

/** A certified OpenID provider whose access tokens are JWTs for the gateway: of people by code, of agents by client credentials. */
async function startIssuer(t: TestContext) {
  let serve: Parameters<typeof listen>[1] = (_req, res) => void res.writeHead(503).end();
  const issuer = await listen(t, (req, res) => serve(req, res));
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(privateKey)), alg: 'ES256', use: 'sig', kid: 'issuer-key' };
  const client = {
    client_secret: clientSecret,
    redirect_uris: ['http://127.0.0.1:9/callback'],
    id_token_signed_response_alg: 'ES256' as const,
  };
  const provider = new Provider(issuer, {
    clients: [
      { ...client, client_id: 'app' },
      { ...client, client_id: 'triage-agent', grant_types: ['client_credentials'], redirect_uris: [], response_types: [] },
    ],
    jwks: { keys: [jwk] },
    cookies: { keys: ['cookie-key-of-the-test-issuer'] },
    scopes: ['openid'],
    ttl: { AccessToken: 3600, ClientCredentials: 3600, Interaction: 600, Grant: 600, Session: 600, IdToken: 600 },
    // Who somebody is stands in the token, as issuers of companies write it.
    extraTokenClaims: (_ctx, token) =>
      token.kind === 'AccessToken' ? { kind: 'person', roles: ['engineer'] } : { kind: 'agent', roles: ['agent'] },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => audience,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: 'llm:invoke llm:embed',
          audience,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_ctx, id) => ({ accountId: id, claims: async () => ({ sub: id }) }),
    async loadExistingGrant(ctx) {
      const grant = new provider.Grant({ clientId: ctx.oidc.client?.clientId ?? '', accountId: ctx.oidc.session?.accountId ?? '' });
      grant.addOIDCScope('openid llm:invoke');
      grant.addResourceScope(audience, 'llm:invoke llm:embed');
      await grant.save();
      return grant;
    },
  });
  const callback = provider.callback();
  serve = (req, res) => {
    if (!req.url?.startsWith('/interaction/')) return void callback(req, res);
    void provider.interactionFinished(req, res, { login: { accountId: 'u-7' } }, { mergeWithLastSubmission: false });
  };

  async function ask(form: Readonly<Record<string, string>>, id: string): Promise<Record<string, string>> {
    const headers = { authorization: `Basic ${Buffer.from(`${id}:${clientSecret}`).toString('base64')}` };
    const answer = await fetch(`${issuer}/token`, { method: 'POST', headers, body: new URLSearchParams(form) });
    return (await answer.json()) as Record<string, string>;
  }

  /** A person's tokens, by the code flow. */
  async function person(): Promise<{ readonly access: string; readonly id: string }> {
    const { Browser } = await import('../login/browser.ts');
    const verifier = randomBytes(32).toString('base64url');
    const query = new URLSearchParams({
      ...{
        client_id: 'app',
        response_type: 'code',
        redirect_uri: 'http://127.0.0.1:9/callback',
        scope: 'openid llm:invoke',
        resource: audience,
      },
      ...{ code_challenge: createHash('sha256').update(verifier).digest('base64url'), code_challenge_method: 'S256' },
    });
    const back = await new Browser().follow(`${issuer}/auth?${query}`, { until: '127.0.0.1:9/' });
    const code = new URL(back.url).searchParams.get('code') ?? '';
    const form = { grant_type: 'authorization_code', code, redirect_uri: 'http://127.0.0.1:9/callback', code_verifier: verifier };
    const { access_token: access = '', id_token: id = '' } = await ask(form, 'app');
    return { access, id };
  }

  const agent = async (scope: string) =>
    (await ask({ grant_type: 'client_credentials', scope, resource: audience }, 'triage-agent'))['access_token'] ?? '';
  return { issuer, person, agent };
}

/** The whole gateway without a login of its own: the tokens of people are another issuer's, whose keys it fetches. */
async function start(t: TestContext) {
  const issuing = await startIssuer(t);
  const directory = mkdtempSync(join(tmpdir(), 'regate-foreign-'));
  const probe = createNetServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => void probe.close(resolve));
  const url = `http://127.0.0.1:${port}`;
  const demo = await prepareDemo({
    ...{
      directory: join(directory, 'dev'),
      port,
      doorsPort: 0,
      adminPort: 0,
      environment: {},
      newId: () => newId(Date.now()),
      journal: 10,
    },
  });
  const file = parse(readFileSync(demo.configurationPath, 'utf8'));
  file.listen = { port, tls: { mode: 'plaintext' } };
  file.identity.issuers.push({
    ...{ alias: 'corp', issuer: issuing.issuer, jwks_url: `${issuing.issuer}/jwks`, audiences: [audience], algorithms: ['ES256'] },
    types: ['at+jwt'],
    subject: { kind: 'person', kind_claim: 'kind', kinds: { agent: 'agent' }, roles: 'roles' },
  });
  file.tokens = { issuer: url, keys_directory: join(directory, 'token-keys') };
  writeFileSync(demo.configurationPath, stringify(file));
  const gateway = await startGateway(loadConfiguration(demo.configurationPath, { environment: {} }), { logger: silent, environment: {} });
  t.after(async () => {
    await gateway.stop();
    await demo.upstream.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const token = async (form: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}) => {
    const answer = await fetch(`${url}/auth/oauth/token`, { method: 'POST', headers, body: new URLSearchParams(form) });
    return (await answer.json()) as Record<string, string>;
  };
  const call = async (headers: Readonly<Record<string, string>>) => {
    const answer = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ model: 'gpt-5-mini', messages: [{ role: 'user', content: 'Hello' }] }),
    });
    const { error } = (await answer.json()) as { error?: { code?: string } };
    return { status: answer.status, code: error?.code };
  };
  const records = () =>
    readdirSync(join(directory, 'decisions'))
      .filter((name) => name.endsWith('.ndjson'))
      .flatMap((name) => readFileSync(join(directory, 'decisions', name), 'utf8').split('\n'))
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown> & { identity?: { chain: { kind: string; id: string }[] } });
  return { ...issuing, url, token, call, records };
}

test('tokens of an OpenID provider are exchanged: the record names the person and the agent, an ID token is none', async (t) => {
  const { person, agent, token, call, records } = await start(t);
  const { access, id } = await person();
  assert.equal(claimsOf(access)['sub'], 'u-7');
  const answer = await token(exchangeForm(access, await agent('llm:invoke')));
  const made = answer['access_token'] ?? '';
  assert.equal(claimsOf(made)['sub'], 'corp:u-7', JSON.stringify(answer));
  assert.deepEqual(claimsOf(made)['act'], { sub: 'corp:triage-agent' });
  assert.equal((await call({ authorization: `Bearer ${made}` })).status, 200);
  const decided = records().find(({ kind }) => kind === 'decided');
  assert.deepEqual(
    decided?.identity?.chain.slice(0, 2).map(({ kind, id: name }) => `${kind} ${name}`),
    ['person corp:u-7', 'agent corp:triage-agent'],
  );
  assert.ok(records().some(({ action, decision }) => action === 'tokens.exchange' && decision === 'allow'));

  assert.ok(id);
  assert.equal((await token(exchangeForm(id, await agent('llm:invoke'))))['error'], 'invalid_request');
  assert.equal((await token(exchangeForm(access, id)))['error'], 'invalid_client');
  assert.equal((await token(exchangeForm(access, await agent('llm:embed'))))['error'], 'invalid_scope', 'nothing that both may do is left');
  await until('record of each refusal', () => records().filter(({ action }) => action === 'tokens.refuse').length === 3);
});

test('an exchanged token that is bound to the agent’s key, by the whole gateway', async (t) => {
  const { url, person, agent, token, call } = await start(t);
  const key = makeDpopKey();
  const now = () => Math.floor(Date.now() / 1000);
  const prove = (of: DpopKey, htu: string, bound?: string) =>
    proveKey(of, { htu: `${url}${htu}`, iat: now(), ...(bound === undefined ? {} : { token: bound }) });
  const dpop = prove(key, '/auth/oauth/token');
  const form = exchangeForm((await person()).access, await agent('llm:invoke'));
  const answer = await token(form, { dpop });
  assert.equal(answer['token_type'], 'DPoP', JSON.stringify(answer));
  const made = answer['access_token'] ?? '';
  const path = '/v1/chat/completions';
  const proof = prove(key, path, made);
  assert.equal((await call({ authorization: `DPoP ${made}`, dpop: proof })).status, 200);
  assert.equal((await call({ authorization: `DPoP ${made}`, dpop: proof })).code, 'credential.proof-invalid', 'the same proof again');
  assert.equal((await call({ authorization: `Bearer ${made}` })).code, 'credential.proof-missing');
  assert.equal((await call({ authorization: `DPoP ${made}`, dpop: prove(makeDpopKey(), path, made) })).code, 'credential.proof-invalid');
  assert.equal((await call({ authorization: `DPoP ${made}`, dpop: prove(key, '/v1/embeddings', made) })).code, 'credential.proof-invalid');
  assert.equal((await token(form, { dpop }))['error'], 'invalid_dpop_proof', 'a proof for a token is good once, too');
});
