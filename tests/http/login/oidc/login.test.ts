import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Browser } from '../browser.ts';
import { openScene } from '../scene.ts';
import { startProvider } from './provider.ts';

test('a person logs in, is known, and logs out, all on the record', async (t) => {
  const provider = await startProvider(t);
  provider.account = {
    id: 'u-1',
    claims: { groups: ['engineers'], email: 'ann@example.com', phone: 'no' },
    amr: ['pwd', 'mfa'],
    acr: 'gold',
  };
  const scene = await openScene(t, { oidc: (url) => [provider.register(url, 'okta')] });
  const browser = new Browser();

  const nobody = await browser.visit(`${scene.url}/auth/me`);
  assert.equal(nobody.status, 401);
  const home = await browser.follow(`${scene.url}/auth/login`);
  assert.equal(home.status, 200, scene.logged.join('\n'));
  assert.equal(home.url, `${scene.url}/auth/login`);
  assert.match(home.text, /You are logged in/);
  assert.match(home.text, /okta:u-1/);

  const me = JSON.parse((await browser.visit(`${scene.url}/auth/me`)).text);
  assert.deepEqual(me.roles, ['engineer']);
  assert.deepEqual(me.session.amr, ['pwd', 'mfa']);
  const [person] = me.chain;
  assert.equal(person.id, 'okta:u-1');
  assert.equal(person.method, 'oidc');
  assert.deepEqual(person.claims, { email: 'ann@example.com' });
  assert.deepEqual({ mfa: person.assurance.mfa, acr: person.assurance.acr }, { mfa: true, acr: 'gold' });

  const [begun, ...more] = scene.recorded('sessions.begin');
  assert.equal(more.length, 0);
  assert.equal(begun?.decision, 'allow');
  assert.equal(begun?.resource?.id, me.session.id);
  assert.deepEqual(begun?.parameters?.['provider'], 'okta');
  assert.equal(begun?.requested_by, '127.0.0.1');
  const [link] = begun?.identity?.chain ?? [];
  assert.equal(link?.id, 'okta:u-1');
  assert.ok(link !== undefined && !('claims' in link) && !('groups' in link), 'claims and groups stay where a mask can reach them');

  const out = await browser.follow(`${scene.url}/auth/logout`, { method: 'POST', headers: { origin: scene.url }, until: '/session/end' });
  const end = new URL(out.url);
  assert.equal(end.origin, provider.issuer);
  assert.equal(end.searchParams.get('post_logout_redirect_uri'), `${scene.url}/auth/logged-out`);
  assert.ok(end.searchParams.get('id_token_hint'), 'the provider knows whom to log out without asking');
  assert.equal((await browser.visit(`${scene.url}/auth/me`)).status, 401);
  const [ended] = scene.recorded('sessions.end');
  assert.equal(ended?.resource?.id, me.session.id);
  assert.equal(ended?.parameters?.['why'], 'logout');
});

test('with several providers people choose; the page has no script and nothing of others', async (t) => {
  const provider = await startProvider(t);
  const scene = await openScene(t, {
    oidc: (url) => [provider.register(url, 'okta'), { ...provider.register(url, 'entra'), name: 'A <b>&"firm"' }],
  });
  const page = await new Browser().visit(`${scene.url}/auth/login?return_to=/auth/device?user_code=AB-CD`);
  assert.equal(page.status, 200);
  assert.match(page.text, /href="\/auth\/oidc\/okta\/start\?return_to=%2Fauth%2Fdevice%3Fuser_code%3DAB-CD"/);
  assert.match(page.text, /A &#60;b&#62;&#38;&#34;firm&#34;/);
  assert.doesNotMatch(page.text, /<script|javascript:|\son[a-z]+=/i);
  const policy = page.headers.get('content-security-policy') ?? '';
  for (const piece of ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"])
    assert.ok(policy.includes(piece), piece);
  assert.doesNotMatch(policy, /unsafe/);
  assert.equal(page.headers.get('x-content-type-options'), 'nosniff');
  assert.equal(page.headers.get('referrer-policy'), 'same-origin', 'no code leaves in a referrer, and forms say where they come from');
  assert.equal(page.headers.get('cache-control'), 'no-store');
});

test('a login leads back to where it was begun', async (t) => {
  const provider = await startProvider(t);
  const scene = await openScene(t, { oidc: (url) => [provider.register(url, 'okta')] });
  const browser = new Browser();
  const seen = await browser.follow(`${scene.url}/auth/login?return_to=${encodeURIComponent('/auth/device?user_code=AB-CD')}`);
  assert.equal(seen.url, `${scene.url}/auth/device?user_code=AB-CD`);
  // Whoever is logged in goes there at once.
  const again = await browser.visit(`${scene.url}/auth/login?return_to=/auth/me`);
  assert.equal(again.headers.get('location'), '/auth/me');
});

test('a step-up asks the provider for what was asked, and is not taken for met where it is not', async (t) => {
  const provider = await startProvider(t);
  const scene = await openScene(t, { oidc: (url) => [provider.register(url, 'okta')] });
  const browser = new Browser();
  provider.account = { id: 'u-1', claims: {}, acr: 'silver', amr: ['pwd'] };
  await browser.follow(`${scene.url}/auth/login`);
  const first = JSON.parse((await browser.visit(`${scene.url}/auth/me`)).text);
  assert.equal(first.chain[0].assurance.mfa, false);

  const asked = await browser.follow(`${scene.url}/auth/login?acr_values=mfa&max_age=0&return_to=/auth/me`, { until: provider.issuer });
  const request = new URL(asked.url).searchParams;
  assert.equal(request.get('acr_values'), 'gold', "the gateway's own word is said in the provider's");
  assert.equal(request.get('max_age'), '0');

  // The provider authenticates again, but no stronger than before.
  const refused = await browser.follow(`${scene.url}/auth/login?acr_values=mfa&max_age=0`);
  assert.equal(refused.status, 403);
  assert.match(refused.text, /login\.step-up-not-met/);
  assert.equal(scene.recorded('sessions.refuse').at(-1)?.code, 'login.step-up-not-met');
  assert.equal(scene.recorded('sessions.refuse').at(-1)?.identity?.chain[0]?.id, 'okta:u-1');
  assert.equal(
    JSON.parse((await browser.visit(`${scene.url}/auth/me`)).text).session.id,
    first.session.id,
    'the login that was there stays',
  );

  provider.account = { id: 'u-1', claims: {}, acr: 'gold', amr: ['pwd', 'otp', 'mfa'] };
  const met = await browser.follow(`${scene.url}/auth/login?acr_values=mfa&max_age=0&return_to=/auth/me`);
  const second = JSON.parse(met.text);
  assert.equal(second.chain[0].assurance.mfa, true);
  assert.notEqual(second.session.id, first.session.id);
  assert.equal(scene.recorded('sessions.end').at(-1)?.parameters?.['why'], 'replaced');
});

test('a person without what the mapping needs is nobody', async (t) => {
  const provider = await startProvider(t);
  const scene = await openScene(t, {
    oidc: (url) => {
      const registered = provider.register(url, 'okta');
      return [{ ...registered, subject: { ...registered.subject, id: 'employee_number' } }];
    },
  });
  const browser = new Browser();
  const seen = await browser.follow(`${scene.url}/auth/login`);
  assert.equal(seen.status, 401);
  assert.match(seen.text, /identity\.unmapped/);
  assert.equal((await browser.visit(`${scene.url}/auth/me`)).status, 401);
});

test('a provider that is away is told of, and the gateway serves the rest', async (t) => {
  const scene = await openScene(t, {
    oidc: () => [
      {
        alias: 'away',
        name: 'Away',
        issuer: 'http://127.0.0.1:1',
        clientId: 'regate',
        clientAuthentication: 'client_secret_basic',
        scopes: ['openid'],
        algorithms: ['RS256'],
        subject: { kind: 'person', kinds: {}, id: 'sub', groupRoles: {} },
        claims: [],
        mfa: { amr: [], acr: [] },
        clockSkewSeconds: 30,
      },
    ],
  });
  const seen = await new Browser().follow(`${scene.url}/auth/login`);
  assert.equal(seen.status, 503);
  assert.match(seen.text, /login\.provider-unavailable/);
  assert.equal(scene.recorded('sessions.refuse').at(-1)?.decision, 'error');
});

test('back-channel logout by the provider ends the session that it names', async (t) => {
  const provider = await startProvider(t);
  const scene = await openScene(t, { oidc: (url) => [provider.register(url, 'okta')] });
  const [one, other] = [new Browser(), new Browser()];
  await one.follow(`${scene.url}/auth/login`);
  await other.follow(`${scene.url}/auth/login`);
  assert.equal((await one.visit(`${scene.url}/auth/me`)).status, 200);

  // The person ends the login at the provider itself, which tells the gateway by its own way.
  const page = await one.follow(`${provider.issuer}/session/end`);
  const xsrf = /name="xsrf" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
  const action = /action="([^"]+)"/.exec(page.text)?.[1] ?? '';
  await one.visit(action, { form: { xsrf, logout: 'yes' } });
  assert.equal((await one.visit(`${scene.url}/auth/me`)).status, 401);
  assert.equal((await other.visit(`${scene.url}/auth/me`)).status, 200, "another browser's login is another session");
  assert.equal(scene.recorded('sessions.end').at(-1)?.parameters?.['why'], 'provider-logout');
});
