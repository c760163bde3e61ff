import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { Browser } from '../http/login/browser.ts';
import { isLoggedIn, openHostileScene } from '../http/login/oidc/hostile.ts';
import { secret } from '../http/login/scene.ts';

const cookieName = '__Host-regate';

test('session fixation: a login gives an id of its own, and the one that was there is nobody', async (t) => {
  const scene = await openHostileScene(t);
  const [attacker, victim] = [new Browser(), new Browser()];
  await scene.logIn(attacker);
  const planted = attacker.cookie(scene.url, cookieName) ?? '';
  // The attacker's own, valid cookie is put into the victim's browser before the victim logs in.
  victim.setCookie(scene.url, cookieName, planted);
  await scene.logIn(victim);
  const given = victim.cookie(scene.url, cookieName);
  assert.ok(given !== undefined && given !== planted);
  assert.equal(await isLoggedIn(scene, victim), true);
  assert.equal(await isLoggedIn(scene, attacker), false, 'whoever planted it is nobody');
});

test('session fixation: an id that the client makes up is not taken', async (t) => {
  const scene = await openHostileScene(t);
  const browser = new Browser();
  const made = 'A'.repeat(43);
  browser.setCookie(
    scene.url,
    cookieName,
    encodeURIComponent(`s:${made}.${createHmac('sha256', secret).update(made).digest('base64').replace(/=+$/, '')}`),
  );
  assert.equal(await isLoggedIn(scene, browser), false);
  await scene.logIn(browser);
  assert.ok(!browser.cookie(scene.url, cookieName)?.includes(made));
});

test('cookies are Secure, HttpOnly, for this host only, and not sent along from other sites', async (t) => {
  const scene = await openHostileScene(t);
  const browser = new Browser();
  await scene.logIn(browser);
  const lines = browser.setCookies.filter((line) => line.startsWith('__Host-regate'));
  assert.equal(lines.length, 2);
  for (const line of lines) {
    assert.match(line, /; Secure/i);
    assert.match(line, /; HttpOnly/i);
    assert.match(line, /; Path=\/(;|$)/i);
    assert.doesNotMatch(line, /; Domain/i);
  }
  assert.match(lines.find((line) => line.startsWith(`${cookieName}=`)) ?? '', /; SameSite=Lax/i);
});

test('forged cookies open nothing', async (t) => {
  const scene = await openHostileScene(t);
  const browser = new Browser();
  await scene.logIn(browser);
  const good = decodeURIComponent(browser.cookie(scene.url, cookieName) ?? '');
  const [id = '', signature = ''] = good.slice(2).split('.', 2);
  const signedBy = (key: string) => createHmac('sha256', key).update(id).digest('base64').replace(/=+$/, '');
  const forged = [
    id,
    `s:${id}`,
    `s:${id}.`,
    `s:${id}.${'A'.repeat(43)}`,
    `s:${id}.${signedBy('another-secret-that-is-long-enough-too')}`,
    `s:${id.slice(0, -1)}x.${signature}`,
    `s:${id}.${signature}=`,
    `j:${JSON.stringify({ id })}`,
    `s:session:${id}.${signature}`,
    good.toLowerCase(),
  ];
  for (const value of forged) {
    const other = new Browser();
    other.setCookie(scene.url, cookieName, encodeURIComponent(value));
    assert.equal(await isLoggedIn(scene, other), false, value);
  }
  const twice = await new Browser().visit(`${scene.url}/auth/me`, {
    headers: { cookie: `${cookieName}=${encodeURIComponent(good)}; ${cookieName}=x` },
  });
  assert.equal(twice.status, 401, 'two cookies of the name: which is whose?');
  assert.equal(await isLoggedIn(scene, browser), true);
});

test('a cookie that was copied before the logout is nobody after it', async (t) => {
  const scene = await openHostileScene(t);
  const [browser, thief] = [new Browser(), new Browser()];
  await scene.logIn(browser);
  thief.setCookie(scene.url, cookieName, browser.cookie(scene.url, cookieName) ?? '');
  assert.equal(await isLoggedIn(scene, thief), true);
  const out = await browser.visit(`${scene.url}/auth/logout`, { method: 'POST', headers: { 'sec-fetch-site': 'same-origin' } });
  assert.equal(out.status, 303);
  assert.equal(browser.cookie(scene.url, cookieName), undefined);
  assert.equal(await isLoggedIn(scene, thief), false);
});

test('a session ends when it is idle too long, and at its absolute limit however much it is used', async (t) => {
  const scene = await openHostileScene(t);
  const idle = new Browser();
  await scene.logIn(idle);
  scene.clock.forward(3_599);
  assert.equal(await isLoggedIn(scene, idle), true, 'just in time, which counts as use');
  scene.clock.forward(3_599);
  assert.equal(await isLoggedIn(scene, idle), true);
  scene.clock.forward(3_601);
  assert.equal(await isLoggedIn(scene, idle), false, 'idle');

  const busy = new Browser();
  scene.clock.ahead = 0;
  await scene.logIn(busy);
  for (let used = 0; used < 43_200 - 1_800; used += 1_800) {
    scene.clock.forward(1_800);
    assert.equal(await isLoggedIn(scene, busy), true);
  }
  scene.clock.forward(1_801);
  assert.equal(await isLoggedIn(scene, busy), false, 'the absolute limit');
});

test('nobody is logged in whose login cannot be recorded', async (t) => {
  const scene = await openHostileScene(t);
  const browser = new Browser();
  scene.disk.full = true;
  const seen = await scene.logIn(browser);
  assert.equal(seen.status, 503);
  assert.match(seen.text, /record\.unavailable/);
  assert.equal(browser.cookie(scene.url, cookieName), undefined);
  assert.equal(await isLoggedIn(scene, browser), false);
});

test('CSRF: the logout is for pages of this gateway only', async (t) => {
  const scene = await openHostileScene(t);
  const browser = new Browser();
  await scene.logIn(browser);
  const foreign: readonly Record<string, string>[] = [
    {},
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: `${scene.url}.evil.example` },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'cross-site', origin: 'null' },
    { 'sec-fetch-site': 'same-site', origin: scene.url },
    { 'sec-fetch-site': 'none' },
    { 'sec-fetch-site': 'same-origin', origin: 'https://evil.example' },
    { referer: `${scene.url}/auth/login` },
  ];
  for (const headers of foreign) {
    const seen = await browser.visit(`${scene.url}/auth/logout`, { method: 'POST', headers });
    assert.equal(seen.status, 403, JSON.stringify(headers));
    assert.equal(await isLoggedIn(scene, browser), true, JSON.stringify(headers));
  }
  for (const method of ['GET', 'HEAD', 'PUT', 'DELETE']) {
    assert.equal(
      (await browser.visit(`${scene.url}/auth/logout`, { method, headers: { 'sec-fetch-site': 'same-origin' } })).status,
      404,
      method,
    );
    assert.equal(await isLoggedIn(scene, browser), true, method);
  }
});

test('the logout takes what browsers send from its own pages', async (t) => {
  const scene = await openHostileScene(t);
  for (const headers of [
    { 'sec-fetch-site': 'same-origin' },
    { 'sec-fetch-site': 'same-origin', origin: scene.url },
    { 'sec-fetch-site': 'same-origin', origin: 'null' },
    { origin: scene.url },
  ]) {
    const browser = new Browser();
    await scene.logIn(browser);
    await browser.visit(`${scene.url}/auth/logout`, { method: 'POST', headers });
    assert.equal(await isLoggedIn(scene, browser), false, JSON.stringify(headers));
  }
});

test('CSRF: a callback by form, or a login begun by another site, changes nothing of whoever is logged in', async (t) => {
  const scene = await openHostileScene(t);
  const browser = new Browser();
  await scene.logIn(browser);
  const before = JSON.parse((await browser.visit(`${scene.url}/auth/me`)).text).session.id;
  const seen = await browser.visit(`${scene.url}/auth/oidc/okta/callback`, {
    form: { code: 'x', state: 'y' },
    headers: { origin: 'https://evil.example' },
  });
  assert.equal(seen.status, 404);
  await browser.visit(`${scene.url}/auth/oidc/okta/start`, { headers: { 'sec-fetch-site': 'cross-site' } });
  assert.equal(JSON.parse((await browser.visit(`${scene.url}/auth/me`)).text).session.id, before);
});
