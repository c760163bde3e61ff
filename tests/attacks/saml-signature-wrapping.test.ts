import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Browser } from '../http/login/browser.ts';
import { assertionXml, openSamlScene, partsFor, type ResponseParts, signedResponse } from '../http/login/saml/idp.ts';

/*
 * XML signature wrapping (Somorovsky et al., "On Breaking SAML: Be Whoever You Want to Be", 2012): the eight placements of that paper, and some of its
 * descendants. The signed original is kept somewhere in the document, so that the signature holds, and an assertion of the attacker's stands where the
 * application looks. Whoever is let in must be nobody, and never `evil`.
 */

interface Wrapped {
  /** The validly signed response. */
  readonly xml: string;
  readonly response: { readonly open: string; readonly signature: string; readonly inner: string };
  readonly assertion: { readonly whole: string; readonly signature: string; readonly unsigned: string };
  readonly parts: ResponseParts;
}

/** Takes a signed response apart. */
function takeApart(xml: string, parts: ResponseParts): Wrapped {
  const whole = /<saml:Assertion[\s\S]*<\/saml:Assertion>/.exec(xml)?.[0] ?? '';
  const signature = /<Signature[\s\S]*?<\/Signature>/.exec(whole)?.[0] ?? '';
  const around = xml.replace(whole, '');
  const outer = /<Signature[\s\S]*?<\/Signature>/.exec(around)?.[0] ?? '';
  const open = /^<samlp:Response[^>]*>/.exec(xml)?.[0] ?? '';
  assert.ok(whole && signature && outer && open, 'the sample is as this test takes it');
  return {
    xml,
    parts,
    response: { open, signature: outer, inner: xml.slice(open.length, -'</samlp:Response>'.length) },
    assertion: { whole, signature, unsigned: whole.replace(signature, '') },
  };
}

/** An assertion of the attacker's, with another name in it. @param id by default another one than the original's */
function evil(parts: ResponseParts, id = '_evil', inside = ''): string {
  return assertionXml({ ...parts, assertionId: id, nameId: 'evil', attributes: { groups: ['admins'] } }).replace(
    '</saml:Issuer>',
    `</saml:Issuer>${inside}`,
  );
}

const asObject = (signature: string, content: string) => signature.replace('</Signature>', `<Object>${content}</Object></Signature>`);
const withId = (open: string, id: string) => open.replace(/ ID="[^"]+"/, ` ID="${id}"`);

const attacks: readonly [name: string, wrap: (sample: Wrapped) => string][] = [
  [
    'XSW1: the signed response inside the signature of an evil one',
    ({ xml, response, parts, assertion }) =>
      `${withId(response.open, '_evil-response')}${response.inner.replace(assertion.whole, evil(parts)).replace(response.signature, asObject(response.signature, xml.replace(response.signature, '')))}</samlp:Response>`,
  ],
  [
    'XSW2: the signed response beside its detached signature',
    ({ xml, response, parts, assertion }) =>
      `${withId(response.open, '_evil-response')}${response.inner.replace(assertion.whole, evil(parts)).replace(response.signature, `${xml.replace(response.signature, '')}${response.signature}`)}</samlp:Response>`,
  ],
  [
    'XSW3: an evil assertion before the signed one',
    ({ xml, assertion, parts }) => xml.replace(assertion.whole, `${evil(parts)}${assertion.whole}`),
  ],
  [
    'XSW4: the signed assertion inside an evil one',
    ({ xml, assertion, parts }) =>
      xml.replace(assertion.whole, evil(parts).replace('</saml:Assertion>', `${assertion.whole}</saml:Assertion>`)),
  ],
  [
    'XSW5: the signature moved into an evil assertion, the original at the end',
    ({ xml, assertion, parts }) => xml.replace(assertion.whole, `${evil(parts, '_evil', assertion.signature)}${assertion.unsigned}`),
  ],
  [
    'XSW6: the original inside the signature of an evil assertion',
    ({ xml, assertion, parts }) => xml.replace(assertion.whole, evil(parts, '_evil', asObject(assertion.signature, assertion.unsigned))),
  ],
  [
    'XSW7: an evil assertion inside extensions',
    ({ xml, assertion, parts }) => xml.replace(assertion.whole, `<samlp:Extensions>${evil(parts)}</samlp:Extensions>${assertion.whole}`),
  ],
  [
    'XSW8: the original inside an object of the signature',
    ({ xml, assertion, parts }) =>
      xml.replace(
        assertion.whole,
        evil(parts, '_evil', asObject(assertion.signature, `<saml:Extra xmlns:saml="urn:x">${assertion.unsigned}</saml:Extra>`)),
      ),
  ],
  [
    'the same ID twice',
    ({ xml, assertion, parts }) =>
      xml.replace(assertion.whole, `${evil(parts, parts.assertionId, assertion.signature)}<x>${assertion.unsigned}</x>`),
  ],
  [
    'the ID under another name of an ID',
    ({ xml, assertion, parts }) =>
      xml.replace(
        assertion.whole,
        `${evil(parts, '_evil', assertion.signature)}${assertion.unsigned.replace(` ID="${parts.assertionId}"`, ` Id="${parts.assertionId}"`)}`,
      ),
  ],
  ['the name changed in place', ({ xml }) => xml.replace('>p-7f3a<', '>evil<')],
  ['a group added in place', ({ xml }) => xml.replace('<saml:AttributeValue>all<', '<saml:AttributeValue>admins<')],
  ['two responses around one assertion', ({ xml, response }) => `${withId(response.open, '_outer')}${xml}</samlp:Response>`],
  [
    'an assertion of another namespace',
    ({ xml, assertion, parts }) =>
      xml.replace(assertion.whole, `${evil(parts).replaceAll('urn:oasis:names:tc:SAML:2.0:assertion', 'urn:x')}${assertion.whole}`),
  ],
  ['a second reference in the signature', ({ xml }) => xml.replace('</SignedInfo>', '<Reference URI="#_evil"></Reference></SignedInfo>')],
  ['a reference to the whole document', ({ xml, parts }) => xml.replace(`URI="#${parts.assertionId}"`, 'URI=""')],
  [
    'a transform that picks something else',
    ({ xml }) => xml.replace('<Transforms>', '<Transforms><Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"/>'),
  ],
];

for (const [name, wrap] of attacks) {
  test(`SAML signature wrapping: ${name}`, async (t) => {
    const scene = await openSamlScene(t);
    const browser = new Browser();
    const parts = partsFor(await scene.begin(browser));
    const sample = takeApart(await signedResponse(parts), parts);
    const attack = wrap(sample);
    assert.notEqual(attack, sample.xml, 'the attack changes the response');
    const seen = await scene.post(browser, attack);
    assert.ok(seen.status === 401 || seen.status === 400, `${seen.status}`);
    assert.equal((await browser.visit(`${scene.url}/auth/me`)).status, 401);
    assert.equal(scene.recorded('sessions.begin').length, 0);
    assert.equal(scene.recorded('sessions.refuse').length, 1);
    // The same browser with an untouched response of a login of its own comes in: it is the attack that was refused.
    const clean = await signedResponse(partsFor(await scene.begin(browser)));
    assert.equal((await scene.post(browser, clean)).status, 303, scene.why());
  });
}
