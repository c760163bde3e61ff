import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { inflateRawSync } from 'node:zlib';
import { X509CertificateGenerator } from '@peculiar/x509';
import { SignedXml } from 'xml-crypto';
import type { SamlProvider } from '../../../../gateway/vocabulary/login.ts';
import type { Browser, Seen } from '../browser.ts';
import { openScene, type Scene, type SceneNeeds } from '../scene.ts';

const usage = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', publicExponent: new Uint8Array([1, 0, 1]), modulusLength: 2048 };

export interface SigningKey {
  readonly privateKey: string;
  readonly certificate: string;
}

/** A new RSA key with a certificate of its own. */
export async function makeSigningKey(): Promise<SigningKey> {
  const keys = await webcrypto.subtle.generateKey(usage, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    keys,
    name: 'CN=test identity provider',
    notBefore: new Date(Date.now() - 3_600_000),
    notAfter: new Date(Date.now() + 86_400_000),
    signingAlgorithm: usage,
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  return { privateKey: `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n`, certificate: certificate.toString('pem') };
}

/** One key for all tests of a file that need no other: making one takes a while. */
export const idpKey = makeSigningKey();

export const idpEntityId = 'https://idp.example/saml';
export const ssoUrl = 'https://idp.example/sso';
export const sloUrl = 'https://idp.example/slo';

/** What the gateway asked. */
export interface AuthnRequest {
  readonly id: string;
  readonly xml: string;
  readonly acs: string;
  readonly issuer: string;
}

/** Everything that a response says; each test changes what it is about. Times are milliseconds since the epoch. */
export interface ResponseParts {
  id: string;
  assertionId: string;
  inResponseTo: string;
  confirmedFor: string;
  destination: string;
  recipient: string;
  audience: string;
  issuer: string;
  assertionIssuer: string;
  now: number;
  notBefore: number;
  notOnOrAfter: number;
  confirmedUntil: number;
  status: string;
  nameId: string;
  nameIdFormat: string;
  sessionIndex: string;
  authnContext: string;
  authnInstant: number;
  method: string;
  attributes: Record<string, readonly string[]>;
}

export function partsFor(request: AuthnRequest): ResponseParts {
  const now = Date.now();
  return {
    id: `_r${randomBytes(16).toString('hex')}`,
    assertionId: `_a${randomBytes(16).toString('hex')}`,
    inResponseTo: request.id,
    confirmedFor: request.id,
    destination: request.acs,
    recipient: request.acs,
    audience: request.issuer,
    issuer: idpEntityId,
    assertionIssuer: idpEntityId,
    now,
    notBefore: now - 60_000,
    notOnOrAfter: now + 300_000,
    confirmedUntil: now + 300_000,
    status: 'urn:oasis:names:tc:SAML:2.0:status:Success',
    nameId: 'p-7f3a',
    nameIdFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
    sessionIndex: 'idx-1',
    authnContext: 'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport',
    authnInstant: now - 1000,
    method: 'urn:oasis:names:tc:SAML:2.0:cm:bearer',
    attributes: { groups: ['engineers', 'all'], email: ['ann@example.com'] },
  };
}

const time = (at: number) => new Date(at).toISOString();
const escapeText = (text: string) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;');

export function assertionXml(parts: ResponseParts): string {
  const attributes = Object.entries(parts.attributes)
    .map(
      ([name, values]) =>
        `<saml:Attribute Name="${escapeText(name)}">${values.map((value) => `<saml:AttributeValue>${escapeText(value)}</saml:AttributeValue>`).join('')}</saml:Attribute>`,
    )
    .join('');
  return (
    `<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="${parts.assertionId}" Version="2.0" IssueInstant="${time(parts.now)}">` +
    `<saml:Issuer>${escapeText(parts.assertionIssuer)}</saml:Issuer>` +
    `<saml:Subject><saml:NameID Format="${parts.nameIdFormat}">${escapeText(parts.nameId)}</saml:NameID>` +
    `<saml:SubjectConfirmation Method="${parts.method}"><saml:SubjectConfirmationData InResponseTo="${parts.confirmedFor}" ` +
    `NotOnOrAfter="${time(parts.confirmedUntil)}" Recipient="${escapeText(parts.recipient)}"/></saml:SubjectConfirmation></saml:Subject>` +
    `<saml:Conditions NotBefore="${time(parts.notBefore)}" NotOnOrAfter="${time(parts.notOnOrAfter)}">` +
    `<saml:AudienceRestriction><saml:Audience>${escapeText(parts.audience)}</saml:Audience></saml:AudienceRestriction></saml:Conditions>` +
    `<saml:AuthnStatement AuthnInstant="${time(parts.authnInstant)}" SessionIndex="${parts.sessionIndex}"><saml:AuthnContext>` +
    `<saml:AuthnContextClassRef>${escapeText(parts.authnContext)}</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>` +
    `<saml:AttributeStatement>${attributes}</saml:AttributeStatement></saml:Assertion>`
  );
}

export function responseXml(parts: ResponseParts, assertion: string): string {
  return (
    `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="${parts.id}" Version="2.0" IssueInstant="${time(parts.now)}" ` +
    `Destination="${escapeText(parts.destination)}" InResponseTo="${parts.inResponseTo}">` +
    `<saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">${escapeText(parts.issuer)}</saml:Issuer>` +
    `<samlp:Status><samlp:StatusCode Value="${parts.status}"/></samlp:Status>${assertion}</samlp:Response>`
  );
}

export interface SignOptions {
  readonly key?: SigningKey;
  readonly algorithm?: 'sha1' | 'sha256';
  /** Digest only. */
  readonly digest?: 'sha1' | 'sha256';
}

/** Signs the one element of a name in a document, enveloped, the signature behind the issuer. */
export async function sign(
  xml: string,
  name: string,
  { key, algorithm = 'sha256', digest = algorithm }: SignOptions = {},
): Promise<string> {
  const { privateKey, certificate } = key ?? (await idpKey);
  const methods = { sha1: 'http://www.w3.org/2000/09/xmldsig#rsa-sha1', sha256: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256' };
  const digests = { sha1: 'http://www.w3.org/2000/09/xmldsig#sha1', sha256: 'http://www.w3.org/2001/04/xmlenc#sha256' };
  const signature = new SignedXml({
    privateKey,
    publicCert: certificate,
    signatureAlgorithm: methods[algorithm],
    canonicalizationAlgorithm: 'http://www.w3.org/2001/10/xml-exc-c14n#',
  });
  signature.addReference({
    xpath: `//*[local-name(.)='${name}']`,
    transforms: ['http://www.w3.org/2000/09/xmldsig#enveloped-signature', 'http://www.w3.org/2001/10/xml-exc-c14n#'],
    digestAlgorithm: digests[digest],
  });
  signature.computeSignature(xml, { location: { reference: `//*[local-name(.)='${name}']/*[local-name(.)='Issuer']`, action: 'after' } });
  return signature.getSignedXml();
}

/** A response as a well-behaved provider sends it: the assertion signed, then the whole. */
export async function signedResponse(parts: ResponseParts, options: SignOptions = {}): Promise<string> {
  const assertion = await sign(assertionXml(parts), 'Assertion', options);
  return sign(responseXml(parts, assertion), 'Response', options);
}

export function idpMetadata(certificates: readonly string[]): string {
  const keys = certificates.map((pem) => {
    const base64 = pem.replace(/-----[A-Z ]+-----|\s/g, '');
    return `<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>${base64}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`;
  });
  const binding = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect';
  return `<?xml version="1.0"?>
<!-- as an operator keeps it -->
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${idpEntityId}">
  <md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">${keys.join('')}
    <md:SingleLogoutService Binding="${binding}" Location="${sloUrl}"/>
    <md:SingleSignOnService Binding="${binding}" Location="${ssoUrl}"/>
  </md:IDPSSODescriptor>
</md:EntityDescriptor>`;
}

export function describeSaml(publicUrl: string, metadataFile: string, alias = 'adfs'): SamlProvider {
  return {
    alias,
    name: 'Example ADFS',
    metadataFile,
    entityId: `${publicUrl}/auth/saml/${alias}/metadata`,
    identifiedBy: 'name-id',
    subject: { kind: 'person', kinds: {}, id: 'name-id', groups: 'groups', groupRoles: { engineers: ['engineer'] } },
    claims: ['email'],
    mfa: { amr: [], acr: ['https://refeds.org/profile/mfa'] },
    clockSkewSeconds: 30,
    maxAssertionAgeSeconds: 300,
  };
}

export interface SamlScene extends Scene {
  readonly directory: string;
  readonly metadataFile: string;
  /** Begins a login and gives what the gateway asked. */
  begin(browser: Browser, query?: string): Promise<AuthnRequest>;
  /** Sends a response as the provider's page would: a form from another site. */
  post(browser: Browser, xml: string): Promise<Seen>;
  /** The detail of the last refusal on record. */
  why(): string | undefined;
}

/** Starts the pages with one SAML provider, whose part the test plays. */
export async function openSamlScene(
  t: TestContext,
  change: (provider: SamlProvider) => SamlProvider = (provider) => provider,
  more: Partial<SceneNeeds> = {},
): Promise<SamlScene> {
  const directory = mkdtempSync(join(tmpdir(), 'regate-saml-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const metadataFile = join(directory, 'idp.xml');
  writeFileSync(metadataFile, idpMetadata([(await idpKey).certificate]));
  const scene = await openScene(t, { ...more, saml: (url) => [change(describeSaml(url, metadataFile))] });
  return {
    ...scene,
    directory,
    metadataFile,
    async begin(browser, query = '') {
      const seen = await browser.visit(`${scene.url}/auth/saml/adfs/start${query}`);
      const target = new URL(seen.headers.get('location') ?? 'none:');
      const xml = inflateRawSync(Buffer.from(target.searchParams.get('SAMLRequest') ?? '', 'base64')).toString();
      const found = (pattern: RegExp) => pattern.exec(xml)?.[1] ?? '';
      return {
        xml,
        id: found(/ ID="([^"]+)"/),
        acs: found(/AssertionConsumerServiceURL="([^"]+)"/),
        issuer: found(/<saml:Issuer[^>]*>([^<]+)</),
      };
    },
    post: (browser, xml) =>
      browser.visit(`${scene.url}/auth/saml/adfs/acs`, {
        form: { SAMLResponse: Buffer.from(xml).toString('base64') },
        headers: { origin: 'https://idp.example', 'sec-fetch-site': 'cross-site' },
      }),
    why: () => scene.recorded('sessions.refuse').at(-1)?.detail,
  };
}
