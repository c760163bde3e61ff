import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import OpenAI from 'openai';
import type { BrowserContext, Page } from 'playwright-core';
import { openStage, regate, type Stage, whatIsMissing } from './stage.ts';

const missing = whatIsMissing();

/** Fills Keycloak's own form, where it is shown. */
async function authenticate(page: Page): Promise<void> {
  await page.fill('#username', 'ann');
  await page.fill('#password', 'correct horse battery');
  await page.click('#kc-login');
}

async function me(context: BrowserContext, url: string): Promise<{ readonly status: number; readonly body: MeBody }> {
  const answer = await context.request.get(`${url}/auth/me`);
  return { status: answer.status(), body: (await answer.json()) as MeBody };
}

interface MeBody {
  readonly session: { readonly id: string };
  readonly roles: readonly string[];
  readonly chain: readonly { readonly id: string; readonly method: string; readonly groups: readonly string[] }[];
}

interface RecordedLink {
  readonly kind: string;
  readonly id: string;
  readonly method?: string;
  readonly roles?: readonly string[];
}

function chainOf(record: Readonly<Record<string, unknown>> | undefined): readonly RecordedLink[] {
  return (record?.['identity'] as { readonly chain: readonly RecordedLink[] } | undefined)?.chain ?? [];
}

describe('people of a real Keycloak, in a real browser', { skip: missing }, () => {
  let stage: Stage;
  before(async () => {
    stage = await openStage();
  });
  after(() => stage?.close());

  /** A browser of its own: nobody is logged in anywhere. */
  async function open(): Promise<{ readonly context: BrowserContext; readonly page: Page }> {
    const context = await stage.browser.newContext();
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    return { context, page };
  }

  async function logIn(page: Page, name: string): Promise<void> {
    await page.goto(`${stage.url}/auth/login`);
    await page.click(`text="Log in with ${name}"`);
    await authenticate(page);
    await page.waitForURL(`${stage.url}/auth/login`);
  }

  for (const { name, alias, method } of [
    { name: 'Keycloak', alias: 'keycloak', method: 'oidc' },
    { name: 'Keycloak by SAML', alias: 'keycloak-saml', method: 'saml' },
  ]) {
    test(`${name}: log in, roles from groups, log out here and there`, async () => {
      const { context, page } = await open();
      await logIn(page, name);
      assert.equal(await page.textContent('h1'), 'You are logged in');
      const { body } = await me(context, stage.url);
      assert.deepEqual(body.roles, ['engineer']);
      assert.deepEqual([...(body.chain[0]?.groups ?? [])].sort(), ['engineers', 'everybody']);
      assert.equal(body.chain[0]?.method, method);
      assert.match(body.chain[0]?.id ?? '', new RegExp(`^${alias}:[^@ ]+$`));
      const begun = stage
        .records()
        .find(({ action, resource }) => action === 'sessions.begin' && (resource as { id: string }).id === body.session.id);
      assert.deepEqual(chainOf(begun)[0]?.roles, ['engineer']);

      await page.click('text="Log out"');
      await page.waitForURL(`${stage.url}/auth/logged-out`);
      assert.equal((await me(context, stage.url)).status, 401);
      // The provider, too, asks for the password again: its own login has ended.
      await page.goto(`${stage.url}/auth/login`);
      await page.click(`text="Log in with ${name}"`);
      await page.waitForSelector('#password');
      await context.close();
    });
  }

  test('an administrator of the provider who ends a login there ends it here (back-channel logout)', async () => {
    const { context, page } = await open();
    await logIn(page, 'Keycloak');
    const [user] = (await stage.keycloak.admin('GET', 'regate/users?username=ann')) as { id: string }[];
    await stage.keycloak.admin('POST', `regate/users/${user?.id}/logout`);
    assert.equal((await me(context, stage.url)).status, 401, stage.logged.slice(-5).join('\n'));
    const ended = stage
      .records()
      .filter(({ action }) => action === 'sessions.end')
      .at(-1);
    assert.equal((ended?.['parameters'] as { readonly why?: string } | undefined)?.why, 'provider-logout');
    await context.close();
  });

  test('one login at the provider, then the same person by both protocols is two principals, each of its alias', async () => {
    const { context, page } = await open();
    await logIn(page, 'Keycloak');
    const first = (await me(context, stage.url)).body;
    await page.goto(`${stage.url}/auth/saml/keycloak-saml/start`);
    await page.waitForURL(`${stage.url}/auth/login`);
    const second = (await me(context, stage.url)).body;
    assert.notEqual(first.chain[0]?.id, second.chain[0]?.id);
    assert.notEqual(first.session.id, second.session.id);
    await context.close();
  });

  test('a tool: login by the command line, a token, the official SDK, a record that names the person', async () => {
    const { context, page } = await open();
    await logIn(page, 'Keycloak');
    const person = (await me(context, stage.url)).body.chain[0]?.id;
    const { promise: address, resolve } = Promise.withResolvers<string>();
    const login = regate(stage, ['login', '--no-browser'], (said) => {
      const found = /Log in here: (\S+)/.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    });
    await page.goto(await Promise.race([address, login.then(({ stderr }) => Promise.reject(new Error(stderr)))]));
    await page.click('text="Go on"');
    const loggedIn = await login;
    assert.equal(loggedIn.status, 0, loggedIn.stderr);
    const { stdout, status, stderr } = await regate(stage, ['token']);
    assert.equal(status, 0, stderr);

    const openai = new OpenAI({
      apiKey: stdout.trim(),
      baseURL: `${stage.url}/v1`,
      defaultHeaders: { 'x-forwarded-for': '127.0.0.1', 'x-device-id': 'laptop-1', 'x-device-managed': 'true' },
    });
    const answer = await openai.chat.completions.create({ model: 'gpt-5-mini', messages: [{ role: 'user', content: 'Hello' }] });
    assert.ok(answer.choices[0]?.message.content);
    const decided = stage
      .records()
      .filter(({ kind }) => kind === 'decided')
      .at(-1);
    assert.equal(decided?.['decision'], 'allow');
    const chain = chainOf(decided);
    assert.equal(chain[0]?.id, person);
    assert.equal(chain[0]?.method, 'oidc');
    assert.deepEqual(chain[0]?.roles, ['engineer']);
    assert.equal(chain[1]?.kind, 'token');
    await context.close();
  });

  test('signing keys roll over at the provider', async () => {
    const component = (name: string, priority: string) => ({
      name,
      providerId: 'rsa-generated',
      providerType: 'org.keycloak.keys.KeyProvider',
      config: { priority: [priority], enabled: ['true'], active: ['true'], algorithm: ['RS256'], keySize: ['2048'] },
    });
    await stage.keycloak.admin('POST', 'regate/components', component('next', '200'));
    // OpenID Connect: the gateway fetches a key that it does not know; it does so at most every ten seconds, and the logins before were just now.
    await new Promise((resolve) => setTimeout(resolve, 11_000));
    const first = await open();
    await logIn(first.page, 'Keycloak');
    assert.equal((await me(first.context, stage.url)).status, 200, stage.logged.slice(-5).join('\n'));
    await first.context.close();
    // SAML: refused until the new metadata are there.
    const second = await open();
    await second.page.goto(`${stage.url}/auth/saml/keycloak-saml/start`);
    await authenticate(second.page);
    await second.page.waitForSelector('text="This did not work"');
    await stage.fetchMetadata();
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await second.page.goto(`${stage.url}/auth/saml/keycloak-saml/start`);
    await second.page.waitForURL(`${stage.url}/auth/login`);
    assert.equal((await me(second.context, stage.url)).status, 200, stage.logged.slice(-5).join('\n'));
    await second.context.close();
  });
});
