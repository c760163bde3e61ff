import { X509Certificate } from 'node:crypto';
import { attribute, children, instant, namespaces, only, parseXml, textOf, type XmlElement, XmlProblem } from './xml.ts';

/** What the gateway must know of an identity provider. */
export interface IdpMetadata {
  readonly entityId: string;
  /** Where logins begin, by the HTTP redirect binding. */
  readonly singleSignOn: string;
  /** Where logouts go, by the HTTP redirect binding; absent where the provider has no such place. */
  readonly singleLogout?: string;
  /** Where answers to the provider's own logout requests go. */
  readonly logoutResponse?: string;
  /** PEM: every certificate that it may sign with. While keys roll over there are several. */
  readonly certificates: readonly string[];
}

const redirect = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect';

/**
 * Reads an identity provider's metadata (SAML 2.0 Metadata). The file is trusted, because the operator has placed it; what it names is checked.
 * @param now milliseconds since the epoch, for `validUntil`
 * @throws XmlProblem with what is wrong, without content
 */
export function readIdpMetadata(text: string, now: number): IdpMetadata {
  const root = parseXml(text, { comments: true });
  const entity = root.localName === 'EntitiesDescriptor' ? only(root, namespaces.metadata, 'EntityDescriptor') : root;
  if (entity.localName !== 'EntityDescriptor' || entity.namespaceURI !== namespaces.metadata)
    throw new XmlProblem('this is no SAML metadata');
  for (const element of new Set([root, entity])) {
    if ((instant(element, 'validUntil') ?? Number.POSITIVE_INFINITY) <= now) throw new XmlProblem('the metadata have expired (validUntil)');
  }
  const descriptor = only(entity, namespaces.metadata, 'IDPSSODescriptor');
  const entityId = attribute(entity, 'entityID');
  if (entityId === undefined || entityId === '') throw new XmlProblem('the metadata name no entity');
  const signOn = endpoint(descriptor, 'SingleSignOnService', 'Location');
  if (signOn === undefined) throw new XmlProblem('the metadata name no SingleSignOnService with the HTTP redirect binding');
  const singleLogout = endpoint(descriptor, 'SingleLogoutService', 'Location');
  const logoutResponse = endpoint(descriptor, 'SingleLogoutService', 'ResponseLocation') ?? singleLogout;
  const certificates = children(descriptor, namespaces.metadata, 'KeyDescriptor')
    .filter((key) => (attribute(key, 'use') ?? 'signing') === 'signing')
    .flatMap((key) => children(key, namespaces.signature, 'KeyInfo'))
    .flatMap((info) => children(info, namespaces.signature, 'X509Data'))
    .flatMap((data) => children(data, namespaces.signature, 'X509Certificate'))
    .map((certificate) => readCertificate(textOf(certificate)));
  if (certificates.length === 0) throw new XmlProblem('the metadata hold no certificate for signatures');
  return {
    entityId,
    singleSignOn: signOn,
    ...(singleLogout === undefined ? {} : { singleLogout }),
    ...(logoutResponse === undefined ? {} : { logoutResponse }),
    certificates: [...new Set(certificates)],
  };
}

function endpoint(descriptor: XmlElement, name: string, field: 'Location' | 'ResponseLocation'): string | undefined {
  const found = children(descriptor, namespaces.metadata, name).find((service) => attribute(service, 'Binding') === redirect);
  const location = found && attribute(found, field);
  if (location === undefined) return undefined;
  if (!URL.canParse(location) || !/^https?:$/.test(new URL(location).protocol))
    throw new XmlProblem(`the ${field} of ${name} is no web address`);
  return location;
}

/** Smaller keys are within reach of whoever can rent the machines (NIST SP 800-131A). */
const leastRsaBits = 2048;

function readCertificate(base64: string): string {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(Buffer.from(base64, 'base64'));
  } catch (cause) {
    throw new XmlProblem('a certificate cannot be read', { cause });
  }
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = certificate.publicKey;
  if (type !== 'rsa' || (details?.modulusLength ?? 0) < leastRsaBits)
    throw new XmlProblem('a certificate is not for RSA keys of 2048 bits or more');
  return certificate.toString();
}
