import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generateKeyPair, SignJWT } from 'jose';
import { Browser } from '../http/login/browser.ts';
import { type HostileScene, isLoggedIn, openHostileScene } from '../http/login/oidc/hostile.ts';

const event = { 'http://schemas.openid.net/event/backchannel-logout': {} };
let count = 0;

function claimsOf(scene: HostileScene): Record<string, unknown> {
  const now = Math.floor(Date.now() / 1000);
  count += 1;
  return { iss: scene.provider.issuer, aud: 'regate', iat: now, exp: now + 120, jti: `j-${count}`, sub: 'u-1', sid: 's-1', events: event };
}

async function send(scene: HostileScene, token: string): Promise<number> {
  return (await new Browser().visit(`${scene.url}/auth/oidc/okta/backchannel-logout`, { form: { logout_token: token } })).status;
}

const forged: readonly [name: string, make: (scene: HostileScene, claims: Record<string, unknown>) => Promise<string>][] = [
  ['an ID token', (scene, { events: _events, ...claims }) => scene.provider.sign({ ...claims, nonce: 'n' })],
  ['with a nonce', (scene, claims) => scene.provider.sign({ ...claims, nonce: 'n' })],
  ['without the event', (scene, claims) => scene.provider.sign({ ...claims, events: {} })],
  ['with another event', (scene, claims) => scene.provider.sign({ ...claims, events: { 'https://example.com/other': {} } })],
  [
    'with an event that is text',
    (scene, claims) => scene.provider.sign({ ...claims, events: 'http://schemas.openid.net/event/backchannel-logout' }),
  ],
  ['for another client', (scene, claims) => scene.provider.sign({ ...claims, aud: 'another' })],
  ['of another issuer', (scene, claims) => scene.provider.sign({ ...claims, iss: 'https://evil.example' })],
  ['of another type', (scene, claims) => scene.provider.sign(claims, { typ: 'at+jwt' })],
  ['from yesterday', (scene, claims) => scene.provider.sign({ ...claims, iat: Math.floor(Date.now() / 1000) - 86_400 })],
  ['without an id', (scene, { jti: _jti, ...claims }) => scene.provider.sign(claims)],
  ['that names nobody', (scene, { sub: _sub, sid: _sid, ...claims }) => scene.provider.sign(claims)],
  ['with names that are no text', (scene, claims) => scene.provider.sign({ ...claims, sub: ['u-1'] as unknown as string, sid: 1 })],
  [
    "with a stranger's signature",
    async (_scene, claims) =>
      new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'k1' }).sign((await generateKeyPair('RS256')).privateKey),
  ],
  [
    'signed by nobody',
    async (_scene, claims) =>
      `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.`,
  ],
  ['that is no token', async () => 'x'],
];

for (const [name, make] of forged) {
  test(`a forged logout token: ${name}`, async (t) => {
    const scene = await openHostileScene(t);
    const browser = new Browser();
    await scene.logIn(browser);
    assert.equal(await send(scene, await make(scene, claimsOf(scene))), 400, scene.why());
    assert.equal(await isLoggedIn(scene, browser), true);
    assert.equal(scene.recorded('sessions.refuse').at(-1)?.code, 'login.logout-refused');
  });
}

test('a logout token counts once', async (t) => {
  const scene = await openHostileScene(t);
  const browser = new Browser();
  await scene.logIn(browser);
  const token = await scene.provider.sign(claimsOf(scene), { typ: 'logout+jwt' });
  assert.equal(await send(scene, token), 200, scene.why());
  assert.equal(await isLoggedIn(scene, browser), false);
  await scene.logIn(browser);
  assert.equal(await send(scene, token), 400);
  assert.equal(await isLoggedIn(scene, browser), true, 'a kept token does not end a later login');
});

test('a logout token ends what it names and no more', async (t) => {
  const scene = await openHostileScene(t);
  const [first, second, other] = [new Browser(), new Browser(), new Browser()];
  await scene.logIn(first);
  scene.provider.idToken = (claims) => scene.provider.sign({ ...claims, sid: 's-2' });
  await scene.logIn(second);
  scene.provider.idToken = (claims) => scene.provider.sign({ ...claims, sub: 'u-2', sid: 's-3' });
  await scene.logIn(other);
  const { sub: _sub, ...bySession } = claimsOf(scene);
  assert.equal(await send(scene, await scene.provider.sign(bySession)), 200);
  assert.deepEqual([await isLoggedIn(scene, first), await isLoggedIn(scene, second), await isLoggedIn(scene, other)], [false, true, true]);
  assert.equal(await send(scene, await scene.provider.sign({ ...claimsOf(scene), sub: 'u-2', sid: 's-2' })), 200);
  assert.equal(await isLoggedIn(scene, second), true, "a session under somebody else's name is nobody's");
  const { sid: _sid, ...bySubject } = claimsOf(scene);
  assert.equal(await send(scene, await scene.provider.sign(bySubject)), 200);
  assert.deepEqual([await isLoggedIn(scene, second), await isLoggedIn(scene, other)], [false, true]);
});
