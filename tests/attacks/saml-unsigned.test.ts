import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Browser } from '../http/login/browser.ts';
import {
  assertionXml,
  makeSigningKey,
  openSamlScene,
  partsFor,
  type ResponseParts,
  responseXml,
  sign,
  signedResponse,
} from '../http/login/saml/idp.ts';

/** What is signed by nobody, by the wrong key, or in a way that can be forged. */
const attacks: readonly [name: string, make: (parts: ResponseParts) => Promise<string>][] = [
  ['nothing is signed', async (parts) => responseXml(parts, assertionXml(parts))],
  ['an unsigned assertion in a signed response', async (parts) => sign(responseXml(parts, assertionXml(parts)), 'Response')],
  ['a signed assertion in an unsigned response', async (parts) => responseXml(parts, await sign(assertionXml(parts), 'Assertion'))],
  ["a stranger's key, whose certificate comes along", async (parts) => signedResponse(parts, { key: await makeSigningKey() })],
  ['SHA-1 signatures', async (parts) => signedResponse(parts, { algorithm: 'sha1' })],
  ['SHA-1 digests under SHA-256 signatures', async (parts) => signedResponse(parts, { digest: 'sha1' })],
  ['an empty signature', async (parts) => (await signedResponse(parts)).replace(/<SignatureValue>[^<]*</g, '<SignatureValue><')],
  [
    'HMAC with the public certificate as its key',
    async (parts) => (await signedResponse(parts)).replaceAll('xmldsig-more#rsa-sha256', 'xmldsig-more#hmac-sha256'),
  ],
  [
    'a digest value that is commented into two',
    async (parts) => (await signedResponse(parts)).replace(/<DigestValue>([^<]{4})/, '<DigestValue><!--x-->$1'),
  ],
];

for (const [name, make] of attacks) {
  test(`SAML without a signature to go by: ${name}`, async (t) => {
    const scene = await openSamlScene(t);
    const browser = new Browser();
    const seen = await scene.post(browser, await make(partsFor(await scene.begin(browser))));
    assert.equal(seen.status, 401);
    assert.equal((await browser.visit(`${scene.url}/auth/me`)).status, 401);
    assert.equal(scene.recorded('sessions.begin').length, 0);
    assert.equal(scene.recorded('sessions.refuse').at(-1)?.code, 'login.refused');
  });
}
