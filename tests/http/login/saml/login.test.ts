import assert from 'node:assert/strict';
import { generateKeyPairSync, sign as signBytes, X509Certificate } from 'node:crypto';
import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { Browser } from '../browser.ts';
import { idpEntityId, idpKey, idpMetadata, makeSigningKey, openSamlScene, partsFor, sign, signedResponse, sloUrl } from './idp.ts';

test('a person logs in by SAML, with roles from groups', async (t) => {
  const scene = await openSamlScene(t);
  const browser = new Browser();
  const request = await scene.begin(browser, '?return_to=/auth/me');
  assert.equal(request.acs, `${scene.url}/auth/saml/adfs/acs`);
  assert.doesNotMatch(request.xml, /RequestedAuthnContext/, 'nothing is asked of the authentication unless a step-up asks');
  assert.match(request.xml, /nameid-format:persistent/);
  const seen = await scene.post(browser, await signedResponse(partsFor(request)));
  assert.equal(seen.status, 303, `${seen.text} ${scene.why()} ${scene.logged.join('\n')}`);
  assert.equal(seen.headers.get('location'), '/auth/me');
  const me = JSON.parse((await browser.visit(`${scene.url}/auth/me`)).text);
  const [person] = me.chain;
  assert.equal(person.id, 'adfs:p-7f3a');
  assert.equal(person.method, 'saml');
  assert.deepEqual(person.roles, ['engineer']);
  assert.deepEqual(person.groups, ['engineers', 'all']);
  assert.deepEqual(person.claims, { email: 'ann@example.com' });
  assert.equal(person.assurance.mfa, false);
  const [begun] = scene.recorded('sessions.begin');
  assert.equal(begun?.parameters?.['method'], 'saml');
});

test('a step-up asks for an authentication context, and is met by it', async (t) => {
  const scene = await openSamlScene(t);
  const browser = new Browser();
  const request = await scene.begin(browser, '?acr_values=mfa&max_age=60');
  assert.match(request.xml, /ForceAuthn="true"/);
  assert.match(request.xml, /AuthnContextClassRef[^>]*>https:\/\/refeds\.org\/profile\/mfa</);
  const weak = await scene.post(browser, await signedResponse(partsFor(request)));
  assert.equal(weak.status, 403);
  assert.match(weak.text, /login\.step-up-not-met/);
  const again = await scene.begin(browser, '?acr_values=mfa&max_age=60&return_to=/auth/me');
  const met = await scene.post(browser, await signedResponse({ ...partsFor(again), authnContext: 'https://refeds.org/profile/mfa' }));
  assert.equal(met.status, 303, scene.why());
  const me = JSON.parse((await browser.visit(`${scene.url}/auth/me`)).text);
  assert.equal(me.chain[0].assurance.mfa, true);
});

test('a person can be known by an attribute, whatever the NameID', async (t) => {
  const scene = await openSamlScene(t, (provider) => ({
    ...provider,
    identifiedBy: 'attribute',
    subject: { ...provider.subject, id: 'urn:oid:1\\.2\\.3' },
  }));
  const browser = new Browser();
  const parts = partsFor(await scene.begin(browser));
  const nameIdFormat = 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient';
  await scene.post(browser, await signedResponse({ ...parts, nameIdFormat, attributes: { 'urn:oid:1.2.3': ['e-1001'] } }));
  const me = JSON.parse((await browser.visit(`${scene.url}/auth/me`)).text);
  assert.equal(me.chain?.[0].id, 'adfs:e-1001', scene.why());
});

for (const format of [
  'urn:oasis:names:tc:SAML:2.0:nameid-format:transient',
  'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress',
  'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified',
]) {
  test(`a NameID that may change hands names nobody: ${format.split(':').at(-1)}`, async (t) => {
    const scene = await openSamlScene(t);
    const browser = new Browser();
    const seen = await scene.post(browser, await signedResponse({ ...partsFor(await scene.begin(browser)), nameIdFormat: format }));
    assert.equal(seen.status, 401);
    assert.match(scene.why() ?? '', /the NameID is (transient|not persistent)/);
  });
}

test('signing keys roll over: old and new are taken while the metadata name both, then only the new', async (t) => {
  const scene = await openSamlScene(t);
  const [old, next] = [await idpKey, await makeSigningKey()];
  let stamp = 1;
  const publish = (certificates: readonly string[]) => {
    writeFileSync(scene.metadataFile, idpMetadata(certificates));
    stamp += 1;
    utimesSync(scene.metadataFile, stamp, stamp);
    scene.clock.forward(2);
  };
  const logIn = async (key: typeof old) => {
    const browser = new Browser();
    return (await scene.post(browser, await signedResponse(partsFor(await scene.begin(browser)), { key }))).status;
  };
  assert.equal(await logIn(next), 401);
  publish([old.certificate, next.certificate]);
  assert.equal(await logIn(old), 303);
  assert.equal(await logIn(next), 303);
  publish([next.certificate]);
  assert.equal(await logIn(old), 401);
  assert.equal(await logIn(next), 303);
  publish(['not a certificate']);
  assert.equal(await logIn(next), 303, 'metadata that cannot be read leave the last good ones in force');
});

test("the gateway's own metadata say what the provider must know", async (t) => {
  const scene = await openSamlScene(t);
  const { text, headers } = await new Browser().visit(`${scene.url}/auth/saml/adfs/metadata`);
  assert.match(headers.get('content-type') ?? '', /samlmetadata\+xml/);
  assert.ok(text.includes(`entityID="${scene.url}/auth/saml/adfs/metadata"`));
  assert.ok(text.includes(`Location="${scene.url}/auth/saml/adfs/acs"`));
  assert.match(text, /WantAssertionsSigned="true"/);
  assert.doesNotMatch(text, /SingleLogoutService/, 'without a key there is no single logout');
});

async function openWithKey(t: Parameters<typeof openSamlScene>[0]) {
  const own = await makeSigningKey();
  const scene = await openSamlScene(t, (provider) => ({
    ...provider,
    signing: { keyFile: join(provider.metadataFile, '..', 'sp.key'), certificateFile: join(provider.metadataFile, '..', 'sp.pem') },
  }));
  writeFileSync(join(scene.directory, 'sp.key'), own.privateKey);
  writeFileSync(join(scene.directory, 'sp.pem'), own.certificate);
  return { scene, own };
}

test('with a key, requests are signed, the metadata hold its certificate, and a logout goes to the provider', async (t) => {
  const { scene, own } = await openWithKey(t);
  const browser = new Browser();
  const started = await browser.visit(`${scene.url}/auth/saml/adfs/start`);
  const query = new URL(started.headers.get('location') ?? '').searchParams;
  assert.equal(query.get('SigAlg'), 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256');
  const metadata = (await browser.visit(`${scene.url}/auth/saml/adfs/metadata`)).text;
  assert.ok(metadata.includes(new X509Certificate(own.certificate).raw.toString('base64')));
  assert.ok(metadata.includes(`Location="${scene.url}/auth/saml/adfs/slo"`));

  await scene.post(browser, await signedResponse(partsFor(await scene.begin(browser))));
  const page = await browser.visit(`${scene.url}/auth/login`);
  assert.match(page.headers.get('content-security-policy') ?? '', /form-action 'self' https:\/\/idp\.example/);
  const out = await browser.visit(`${scene.url}/auth/logout`, { method: 'POST', headers: { origin: scene.url } });
  const target = new URL(out.headers.get('location') ?? '');
  assert.equal(`${target.origin}${target.pathname}`, sloUrl);
  const xml = inflateRawSync(Buffer.from(target.searchParams.get('SAMLRequest') ?? '', 'base64')).toString();
  assert.match(xml, /<saml:NameID[^>]*>p-7f3a</);
  assert.match(xml, /SessionIndex[^>]*>idx-1</);
  assert.ok(target.searchParams.get('Signature'));
  assert.equal((await browser.visit(`${scene.url}/auth/me`)).status, 401);
  const back = await browser.visit(`${scene.url}/auth/saml/adfs/slo?SAMLResponse=whatever`);
  assert.equal(back.headers.get('location'), '/auth/logged-out');
});

function logoutXml(
  scene: { readonly url: string },
  changes: { readonly id?: string; readonly issuer?: string; readonly destination?: string; readonly at?: number } = {},
): string {
  const {
    id = `_l${Math.random().toString(16).slice(2)}`,
    issuer = idpEntityId,
    destination = `${scene.url}/auth/saml/adfs/slo`,
    at = Date.now(),
  } = changes;
  return (
    `<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="${id}" Version="2.0" ` +
    `IssueInstant="${new Date(at).toISOString()}" Destination="${destination}"><saml:Issuer>${issuer}</saml:Issuer>` +
    `<saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">p-7f3a</saml:NameID><samlp:SessionIndex>idx-1</samlp:SessionIndex></samlp:LogoutRequest>`
  );
}

async function redirectQuery(
  xml: string,
  hash: 'sha256' | 'sha1' | 'none' = 'sha256',
  key = generateKeyPairSync,
  ours = true,
): Promise<string> {
  const algorithm = {
    sha256: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    sha1: 'http://www.w3.org/2000/09/xmldsig#rsa-sha1',
    none: '',
  }[hash];
  const query = `SAMLRequest=${encodeURIComponent(deflateRawSync(xml).toString('base64'))}&RelayState=back`;
  if (hash === 'none') return query;
  const signed = `${query}&SigAlg=${encodeURIComponent(algorithm)}`;
  const privateKey = ours ? (await idpKey).privateKey : key('rsa', { modulusLength: 2048 }).privateKey;
  return `${signed}&Signature=${encodeURIComponent(signBytes(hash, Buffer.from(signed), privateKey).toString('base64'))}`;
}

test('a logout that the provider asks for ends the session, and is answered with a signature', async (t) => {
  const { scene } = await openWithKey(t);
  for (const binding of ['redirect', 'form']) {
    const browser = new Browser();
    await scene.post(browser, await signedResponse(partsFor(await scene.begin(browser))));
    assert.equal((await browser.visit(`${scene.url}/auth/me`)).status, 200, scene.why());
    const xml = logoutXml(scene);
    const slo = `${scene.url}/auth/saml/adfs/slo`;
    const seen =
      binding === 'redirect'
        ? await browser.visit(`${slo}?${await redirectQuery(xml)}`)
        : await browser.visit(slo, {
            form: { SAMLRequest: Buffer.from(await sign(xml, 'LogoutRequest')).toString('base64'), RelayState: 'back' },
          });
    const target = new URL(seen.headers.get('location') ?? 'none:', scene.url);
    assert.equal(`${target.origin}${target.pathname}`, sloUrl, `${binding}: ${scene.why()}`);
    assert.equal(target.searchParams.get('RelayState'), 'back');
    assert.match(inflateRawSync(Buffer.from(target.searchParams.get('SAMLResponse') ?? '', 'base64')).toString(), /status:Success/);
    assert.ok(target.searchParams.get('Signature'));
    assert.equal((await browser.visit(`${scene.url}/auth/me`)).status, 401);
    assert.equal(scene.recorded('sessions.end').at(-1)?.parameters?.['why'], 'provider-logout');
  }
});

test('nobody else can log a person out: forged logout requests', async (t) => {
  const { scene } = await openWithKey(t);
  const browser = new Browser();
  await scene.post(browser, await signedResponse(partsFor(await scene.begin(browser))));
  const slo = `${scene.url}/auth/saml/adfs/slo`;
  const good = await redirectQuery(logoutXml(scene, { id: '_once' }));
  const forged: readonly [string, string][] = [
    ['without a signature', await redirectQuery(logoutXml(scene), 'none')],
    ['with SHA-1', await redirectQuery(logoutXml(scene), 'sha1')],
    ["with a stranger's key", await redirectQuery(logoutXml(scene), 'sha256', generateKeyPairSync, false)],
    [
      'with another message before the signed one',
      `SAMLRequest=${encodeURIComponent(deflateRawSync(logoutXml(scene)).toString('base64'))}&${good}`,
    ],
    ['with another field', `${good}&x=SAMLRequest`],
    ['for another place', await redirectQuery(logoutXml(scene, { destination: 'https://other.example/slo' }))],
    ['of another issuer', await redirectQuery(logoutXml(scene, { issuer: 'https://other.example' }))],
    ['of long ago', await redirectQuery(logoutXml(scene, { at: Date.now() - 3_600_000 }))],
  ];
  for (const [what, query] of forged) {
    const seen = await new Browser().visit(`${slo}?${query}`);
    assert.equal(seen.status, 400, what);
    assert.equal((await browser.visit(`${scene.url}/auth/me`)).status, 200, what);
  }
  const unsignedForm = await new Browser().visit(slo, { form: { SAMLRequest: Buffer.from(logoutXml(scene)).toString('base64') } });
  assert.equal(unsignedForm.status, 400);
  assert.equal((await new Browser().visit(`${slo}?${good}`)).status, 303);
  assert.equal((await new Browser().visit(`${slo}?${good}`)).status, 400, 'a request counts once');
});
