import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Browser } from '../http/login/browser.ts';
import { openSamlScene, partsFor, type ResponseParts, signedResponse } from '../http/login/saml/idp.ts';

const hour = 3_600_000;

/** Responses that a provider has signed, but for another place, another time or another request. */
const attacks: readonly [name: string, change: Partial<ResponseParts> | ((parts: ResponseParts) => Partial<ResponseParts>), why: RegExp][] =
  [
    ['another recipient', { recipient: 'https://other.example/acs' }, /no bearer confirmation/],
    ['no recipient', { recipient: '' }, /no bearer confirmation/],
    ['another destination', { destination: 'https://other.example/acs' }, /destination/],
    ['no destination', { destination: '' }, /destination/],
    ['another audience', { audience: 'https://other.example/saml' }, /conditions do not hold|audience/],
    ['another issuer of the response', { issuer: 'https://other.example' }, /issuer/],
    ['another issuer of the assertion', { assertionIssuer: 'https://other.example' }, /issuer/],
    ['an assertion for another request', { confirmedFor: '_other' }, /conditions do not hold|no bearer/],
    ['an assertion for no request', { confirmedFor: '' }, /conditions do not hold|no bearer/],
    ['a confirmation that is not bearer', { method: 'urn:oasis:names:tc:SAML:2.0:cm:sender-vouches' }, /no bearer confirmation/],
    ['expired conditions', ({ now }) => ({ notOnOrAfter: now - hour }), /conditions do not hold/],
    ['conditions of the future', ({ now }) => ({ notBefore: now + hour }), /conditions do not hold/],
    ['an expired confirmation', ({ now }) => ({ confirmedUntil: now - hour }), /conditions do not hold/],
    [
      'issued an hour ago, valid for a day',
      ({ now }) => ({ now: now - hour, notBefore: now - hour, notOnOrAfter: now + 24 * hour }),
      /conditions do not hold|too long ago/,
    ],
    ['issued in the future', ({ now }) => ({ now: now + hour }), /future/],
    ['an authentication in the future', ({ now }) => ({ authnInstant: now + hour }), /future/],
    ['a status that is no success', { status: 'urn:oasis:names:tc:SAML:2.0:status:Responder' }, /no success/],
  ];

for (const [name, change, why] of attacks) {
  test(`SAML for somebody else: ${name}`, async (t) => {
    const scene = await openSamlScene(t);
    const browser = new Browser();
    const parts = partsFor(await scene.begin(browser));
    const seen = await scene.post(browser, await signedResponse({ ...parts, ...(typeof change === 'function' ? change(parts) : change) }));
    assert.equal(seen.status, 401);
    assert.match(scene.why() ?? '', why);
    assert.equal((await browser.visit(`${scene.url}/auth/me`)).status, 401);
  });
}

test('SAML for somebody else: an unsolicited response', async (t) => {
  const scene = await openSamlScene(t);
  const browser = new Browser();
  const parts = partsFor(await scene.begin(browser));
  for (const inResponseTo of ['', '_never-asked']) {
    const seen = await scene.post(browser, await signedResponse({ ...parts, inResponseTo, confirmedFor: inResponseTo }));
    assert.equal(seen.status, 400);
    assert.match(seen.text, /login\.not-begun-here/);
  }
  assert.equal(scene.recorded('sessions.begin').length, 0);
});

test("SAML for somebody else: the attacker's own response in the victim's browser", async (t) => {
  const scene = await openSamlScene(t);
  const [attacker, victim] = [new Browser(), new Browser()];
  const xml = await signedResponse(partsFor(await scene.begin(attacker)));
  // The victim has a login of its own under way; InResponseTo is the attacker's.
  await scene.begin(victim);
  const seen = await scene.post(victim, xml);
  assert.equal(seen.status, 400);
  assert.match(seen.text, /login\.not-begun-here/);
  assert.equal((await victim.visit(`${scene.url}/auth/me`)).status, 401);
});

test('SAML for somebody else: a response is good once', async (t) => {
  const scene = await openSamlScene(t);
  const browser = new Browser();
  const xml = await signedResponse(partsFor(await scene.begin(browser)));
  assert.equal((await scene.post(browser, xml)).status, 303, scene.why());
  assert.equal((await scene.post(browser, xml)).status, 400);
  assert.equal((await scene.post(new Browser(), xml)).status, 400);
});

test('SAML for somebody else: many who send one response at once', async (t) => {
  const scene = await openSamlScene(t);
  const browser = new Browser();
  const xml = await signedResponse(partsFor(await scene.begin(browser)));
  const seen = await Promise.all(Array.from({ length: 8 }, () => scene.post(browser, xml)));
  assert.equal(seen.filter(({ status }) => status === 303).length, 1);
  assert.equal(scene.recorded('sessions.begin').length, 1);
});

test('SAML for somebody else: one assertion in the answers to two requests', async (t) => {
  const scene = await openSamlScene(t);
  const browser = new Browser();
  const first = partsFor(await scene.begin(browser));
  assert.equal((await scene.post(browser, await signedResponse(first))).status, 303, scene.why());
  const second = { ...partsFor(await scene.begin(browser)), assertionId: first.assertionId };
  assert.equal((await scene.post(browser, await signedResponse(second))).status, 401);
  assert.match(scene.why() ?? '', /has been used/);
});

test('SAML for somebody else: a login that took too long', async (t) => {
  const scene = await openSamlScene(t);
  const browser = new Browser();
  const request = await scene.begin(browser);
  scene.clock.forward(16 * 60);
  const seen = await scene.post(browser, await signedResponse(partsFor(request)));
  assert.equal(seen.status, 400);
});
