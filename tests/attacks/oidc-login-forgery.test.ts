import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generateKeyPair, SignJWT } from 'jose';
import { Browser } from '../http/login/browser.ts';
import {
  challengeOf,
  type HostileProvider,
  type HostileScene,
  isLoggedIn,
  openHostileScene,
  startHostileProvider,
} from '../http/login/oidc/hostile.ts';
import { describeProvider } from '../http/login/oidc/provider.ts';
import { openScene } from '../http/login/scene.ts';

async function expectRefused(
  scene: HostileScene,
  browser: Browser,
  url: string,
  code = /login\.(not-begun-here|refused|denied-by-provider)/,
): Promise<void> {
  const seen = await browser.visit(url);
  assert.ok(seen.status >= 400 && seen.status < 500, `${seen.status}`);
  assert.match(seen.text, code);
  assert.equal(await isLoggedIn(scene, browser), false);
  assert.equal(scene.recorded('sessions.begin').length, 0);
  assert.equal(browser.cookie(scene.url, '__Host-regate'), undefined);
}

test('the sample login works, so that what follows is refused for its own reason', async (t) => {
  const scene = await openHostileScene(t);
  const browser = new Browser();
  assert.equal((await scene.logIn(browser)).status, 303, scene.why());
  assert.equal(await isLoggedIn(scene, browser), true);
});

const callbacks: readonly [name: string, change: (url: URL) => void, code?: RegExp][] = [
  ['no state', (url) => url.searchParams.delete('state'), /not-begun-here/],
  ['an empty state', (url) => url.searchParams.set('state', ''), /not-begun-here/],
  ['a state of nobody', (url) => url.searchParams.set('state', 'A'.repeat(43)), /not-begun-here/],
  ['a state with a pattern for the store', (url) => url.searchParams.set('state', '*'), /not-begun-here/],
  ['two states', (url) => url.searchParams.append('state', 'A'.repeat(43))],
  ['no code', (url) => url.searchParams.delete('code')],
  ['two codes', (url) => url.searchParams.append('code', 'other')],
  ['the issuer of another provider (mix-up)', (url) => url.searchParams.set('iss', 'https://evil.example')],
  ['no issuer, though the provider says that it gives one (mix-up)', (url) => url.searchParams.delete('iss')],
  ['two issuers (mix-up)', (url) => url.searchParams.append('iss', 'https://evil.example')],
  ['an error beside a code', (url) => url.searchParams.set('error', 'access_denied')],
  ['an error with markup in it', (url) => url.searchParams.set('error', '<script>alert(1)</script>')],
  ['an ID token in the front channel', (url) => url.searchParams.set('id_token', 'x.y.z')],
];

for (const [name, change, code] of callbacks) {
  test(`a forged callback: ${name}`, async (t) => {
    const scene = await openHostileScene(t);
    const browser = new Browser();
    const url = await scene.callbackUrl(browser);
    change(url);
    if (url.searchParams.has('id_token')) {
      // Not refused as such, but not read either: the one that counts comes from the token endpoint.
      await browser.visit(url.href);
      assert.ok(scene.recorded('sessions.begin').every(({ identity }) => identity?.chain[0]?.id === 'okta:u-1'));
      return;
    }
    await expectRefused(scene, browser, url.href, code);
    assert.doesNotMatch(JSON.stringify(scene.records), /script|the-code/);
  });
}

test("login CSRF: the attacker's callback in the victim's browser", async (t) => {
  const scene = await openHostileScene(t);
  const [attacker, victim] = [new Browser(), new Browser()];
  const url = await scene.callbackUrl(attacker);
  await scene.callbackUrl(victim);
  await expectRefused(scene, victim, url.href, /not-begun-here/);
  await expectRefused(scene, attacker, url.href, /not-begun-here/);
});

test('code replay: a callback counts once, also when many come at once', async (t) => {
  const scene = await openHostileScene(t);
  const browser = new Browser();
  const url = await scene.callbackUrl(browser);
  const seen = await Promise.all(Array.from({ length: 8 }, () => browser.visit(url.href)));
  assert.equal(seen.filter(({ status }) => status === 303).length, 1);
  assert.equal(scene.provider.tokenRequests.length, 1, 'the code is redeemed once');
  assert.equal((await browser.visit(url.href)).status, 400);
});

test('mix-up: a state of one provider at the callback of another', async (t) => {
  const [honest, evil] = [await startHostileProvider(t), await startHostileProvider(t)];
  const scene = await openScene(t, { oidc: () => [describeProvider(honest.issuer, 'honest'), describeProvider(evil.issuer, 'evil')] });
  const browser = new Browser();
  const url = new URL((await browser.follow(`${scene.url}/auth/oidc/honest/start`, { until: '/callback' })).url);
  // The evil provider would get the honest one's code at its token endpoint.
  url.pathname = '/auth/oidc/evil/callback';
  url.searchParams.set('iss', evil.issuer);
  const seen = await browser.visit(url.href);
  assert.equal(seen.status, 400);
  assert.match(seen.text, /login\.not-begun-here/);
  assert.equal(evil.tokenRequests.length, 0, 'the code has not been given away');
});

test('PKCE downgrade: metadata that know only "plain", or nothing, change nothing', async (t) => {
  for (const methods of [['plain'], undefined]) {
    const scene = await openHostileScene(t);
    scene.provider.metadata = { code_challenge_methods_supported: methods };
    const browser = new Browser();
    const asked = await browser.visit(`${scene.url}/auth/oidc/okta/start?code_challenge_method=plain&code_challenge=x&nonce=n&state=s`);
    const query = new URL(asked.headers.get('location') ?? '').searchParams;
    assert.equal(query.get('code_challenge_method'), 'S256');
    assert.match(query.get('code_challenge') ?? '', /^[A-Za-z0-9_-]{43}$/);
    assert.match(query.get('state') ?? '', /^[A-Za-z0-9_-]{43}$/);
    assert.match(query.get('nonce') ?? '', /^[A-Za-z0-9_-]{43}$/);
    await browser.follow(asked.headers.get('location') ?? '');
    assert.equal(challengeOf(scene.provider.tokenRequests[0]?.get('code_verifier') ?? ''), query.get('code_challenge'));
  }
});

test('redirect tricks: the redirect URI is the configured one, whatever a request claims', async (t) => {
  const scene = await openHostileScene(t);
  for (const headers of [
    { 'x-forwarded-host': 'evil.example' },
    { forwarded: 'host=evil.example;proto=http' },
    { 'x-forwarded-proto': 'http' },
    { 'x-original-url': '/evil' },
  ]) {
    const asked = await new Browser().visit(`${scene.url}/auth/oidc/okta/start?redirect_uri=https://evil.example`, { headers });
    assert.equal(new URL(asked.headers.get('location') ?? '').searchParams.get('redirect_uri'), `${scene.url}/auth/oidc/okta/callback`);
  }
});

const returns = [
  'https://evil.example/',
  '//evil.example/auth/x',
  '/\\evil.example/auth/x',
  '\\\\evil.example',
  '/auth//evil.example',
  '/auth/../../evil',
  '/auth/%2e%2e/x',
  '/auth/login#x',
  '/v1/models',
  '/authx/login',
  '/auth/',
  'javascript:alert(1)',
  '/auth/login\r\nset-cookie: a=b',
  '/auth/\tlogin',
  '/auth/login?next=\u202e',
  ` /auth/login`,
  `/auth/${'a'.repeat(3000)}`,
];

for (const target of returns) {
  test(`redirect tricks: a login does not lead to ${JSON.stringify(target.slice(0, 40))}`, async (t) => {
    const scene = await openHostileScene(t);
    for (const door of ['/auth/login', '/auth/oidc/okta/start']) {
      const seen = await new Browser().visit(`${scene.url}${door}?return_to=${encodeURIComponent(target)}`);
      assert.equal(seen.status, 400, door);
      assert.equal(seen.headers.get('location'), null);
    }
  });
}

const now = () => Math.floor(Date.now() / 1000);
const strangers = generateKeyPair('RS256');

/** ID tokens that must not log anybody in. */
const tokens: readonly [name: string, make: (provider: HostileProvider, claims: Record<string, unknown>) => Promise<string>][] = [
  ['for another client', (provider, claims) => provider.sign({ ...claims, aud: 'another' })],
  ['for several clients, without azp', (provider, claims) => provider.sign({ ...claims, aud: ['regate', 'another'] })],
  ['authorised for another party', (provider, claims) => provider.sign({ ...claims, aud: ['regate', 'another'], azp: 'another' })],
  ['of another issuer', (provider, claims) => provider.sign({ ...claims, iss: 'https://evil.example' })],
  ['without a nonce', (provider, { nonce: _nonce, ...claims }) => provider.sign(claims)],
  ['with the nonce of another login', (provider, claims) => provider.sign({ ...claims, nonce: 'other' })],
  ['expired', (provider, claims) => provider.sign({ ...claims, iat: now() - 7200, exp: now() - 3600 })],
  ['not valid yet', (provider, claims) => provider.sign({ ...claims, nbf: now() + 3600 })],
  ['without a subject', (provider, { sub: _sub, ...claims }) => provider.sign(claims)],
  ['without an expiry', (provider, { exp: _exp, ...claims }) => provider.sign(claims)],
  ['with an empty subject', (provider, claims) => provider.sign({ ...claims, sub: '' })],
  ['with a subject that holds a line break', (provider, claims) => provider.sign({ ...claims, sub: 'u-1\nadmin' })],
  [
    "signed with a stranger's key",
    async (_provider, claims) => new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'k1' }).sign((await strangers).privateKey),
  ],
  ['signed with a key that nobody has published', (provider, claims) => provider.sign(claims, { kid: 'k2' })],
  [
    'signed by nobody (alg none)',
    async (_provider, claims) =>
      `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.`,
  ],
  [
    'signed with the client id as an HMAC key',
    (_provider, claims) =>
      new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode('regate'.padEnd(32, 'x'))),
  ],
  ['that is no token', async () => 'not.a.token'],
];

for (const [name, make] of tokens) {
  test(`a forged ID token: ${name}`, async (t) => {
    const scene = await openHostileScene(t);
    scene.provider.idToken = (claims) => make(scene.provider, claims);
    const browser = new Browser();
    const seen = await scene.logIn(browser);
    assert.equal(seen.status, 401, scene.why());
    assert.equal(await isLoggedIn(scene, browser), false);
    assert.equal(scene.recorded('sessions.begin').length, 0);
    assert.doesNotMatch(
      `${JSON.stringify(scene.records)}${scene.logged.join('')}`,
      /eyJ|evil\.example/,
      'no token in a record or a log line',
    );
  });
}
