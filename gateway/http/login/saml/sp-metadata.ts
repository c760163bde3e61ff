import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { SamlProvider } from '../../../vocabulary/login.ts';
import type { SamlAddresses } from './addresses.ts';
import { escapeXml, namespaces } from './xml.ts';

/**
 * Writes the gateway's own metadata, for the identity provider's side: entity id, where assertions and logouts go, the certificate of its requests, and
 * that assertions must be signed.
 */
export function writeSpMetadata(provider: SamlProvider, { acs, slo }: SamlAddresses): string {
  const { entityId, signing, identifiedBy } = provider;
  const bindings = 'urn:oasis:names:tc:SAML:2.0:bindings';
  const key =
    signing === undefined
      ? ''
      : `
    <md:KeyDescriptor use="signing">
      <ds:KeyInfo xmlns:ds="${namespaces.signature}"><ds:X509Data><ds:X509Certificate>${new X509Certificate(
        readFileSync(signing.certificateFile),
      ).raw.toString('base64')}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>
    </md:KeyDescriptor>
    <md:SingleLogoutService Binding="${bindings}:HTTP-Redirect" Location="${escapeXml(slo)}"/>
    <md:SingleLogoutService Binding="${bindings}:HTTP-POST" Location="${escapeXml(slo)}"/>`;
  const format =
    identifiedBy === 'name-id' ? '\n    <md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:persistent</md:NameIDFormat>' : '';
  return `<?xml version="1.0" encoding="UTF-8"?>
<md:EntityDescriptor xmlns:md="${namespaces.metadata}" entityID="${escapeXml(entityId)}">
  <md:SPSSODescriptor AuthnRequestsSigned="${signing !== undefined}" WantAssertionsSigned="true" protocolSupportEnumeration="${namespaces.protocol}">${key}${format}
    <md:AssertionConsumerService Binding="${bindings}:HTTP-POST" Location="${escapeXml(acs)}" index="0" isDefault="true"/>
  </md:SPSSODescriptor>
</md:EntityDescriptor>
`;
}
