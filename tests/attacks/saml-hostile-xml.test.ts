import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Browser } from '../http/login/browser.ts';
import { openSamlScene, partsFor, signedResponse } from '../http/login/saml/idp.ts';

const bomb = `<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa">${Array.from({ length: 9 }, (_, n) => `<!ENTITY ${'bcdefghij'[n]} "&${'abcdefghi'[n]};&${'abcdefghi'[n]};&${'abcdefghi'[n]};">`).join('')}]>`;

/** XML that is more, or reads as more, than it says. Each is put into a response whose signatures hold before. */
const attacks: readonly [name: string, change: (xml: string) => string][] = [
  ['a comment in the NameID', (xml) => xml.replace('>p-7f3a<', '>p-7f3a<!-- -->.evil<')],
  ['a comment that empties the NameID for one reader', (xml) => xml.replace('>p-7f3a<', '><!--x-->p-7f3a<')],
  ['a processing instruction in the NameID', (xml) => xml.replace('>p-7f3a<', '>p-7<?x?>f3a<')],
  ['CDATA in the NameID', (xml) => xml.replace('>p-7f3a<', '><![CDATA[p-7f3a]]><')],
  ['a document type', (xml) => `<!DOCTYPE samlp:Response>${xml}`],
  ['a bomb of entities', (xml) => `${bomb}${xml.replace('>p-7f3a<', '>&j;<')}`],
  ['an external entity', (xml) => `<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>${xml.replace('>p-7f3a<', '>&x;<')}`],
  ['an external document type', (xml) => `<!DOCTYPE r SYSTEM "http://127.0.0.1:1/x.dtd">${xml}`],
  ['an entity that nobody has declared', (xml) => xml.replace('>p-7f3a<', '>p-7f3a&evil;<')],
  ['a style sheet', (xml) => `<?xml version="1.0"?><?xml-stylesheet href="http://127.0.0.1:1/"?>${xml}`],
  ['elements that never end', (xml) => xml.slice(0, -20)],
  ['text behind the end', (xml) => `${xml}<x/>`],
  ['more than a response can be long', (xml) => xml.replace('>p-7f3a<', `>${'a'.repeat(300_000)}<`)],
  ['very deep nesting', (xml) => xml.replace('<samlp:Status>', `${'<a>'.repeat(4_000)}${'</a>'.repeat(4_000)}<samlp:Status>`)],
  ['nesting without end', (xml) => xml.replace('<samlp:Status>', `${'<a>'.repeat(20_000)}${'</a>'.repeat(20_000)}<samlp:Status>`)],
  ['very many elements', (xml) => xml.replace('<samlp:Status>', `${'<a/>'.repeat(30_000)}<samlp:Status>`)],
  [
    'very many attributes',
    (xml) => xml.replace('<samlp:Status>', `<a ${Array.from({ length: 15_000 }, (_, n) => `a${n}="1"`).join(' ')}/><samlp:Status>`),
  ],
];

for (const [name, change] of attacks) {
  test(`SAML with hostile XML: ${name}`, async (t) => {
    const scene = await openSamlScene(t);
    const browser = new Browser();
    const xml = await signedResponse(partsFor(await scene.begin(browser)));
    const attack = change(xml);
    assert.notEqual(attack, xml);
    const seen = await scene.post(browser, attack);
    assert.equal(seen.status, 401, seen.text);
    assert.equal((await browser.visit(`${scene.url}/auth/me`)).status, 401);
    assert.equal(scene.recorded('sessions.begin').length, 0);
    assert.doesNotMatch(JSON.stringify(scene.records), /evil|p-7f3a/, 'the record holds nothing of a message that does not hold');
  });
}

test('SAML with hostile XML: bytes that are not UTF-8, or not base64', async (t) => {
  const scene = await openSamlScene(t);
  const browser = new Browser();
  const xml = await signedResponse(partsFor(await scene.begin(browser)));
  const acs = `${scene.url}/auth/saml/adfs/acs`;
  const broken = Buffer.concat([Buffer.from(xml.slice(0, -3)), Buffer.from([0xff, 0xfe]), Buffer.from(xml.slice(-3))]).toString('base64');
  for (const SAMLResponse of [
    broken,
    `${Buffer.from(xml).toString('base64')}!`,
    '',
    '%%%',
    Buffer.from(xml, 'utf16le').toString('base64'),
  ]) {
    assert.equal((await browser.visit(acs, { form: { SAMLResponse } })).status, 401);
  }
  assert.equal(scene.recorded('sessions.begin').length, 0);
});
