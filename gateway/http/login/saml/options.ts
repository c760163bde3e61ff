import { readFileSync } from 'node:fs';
import { type CacheProvider, type PassportSamlConfig, ValidateInResponseTo } from '@node-saml/passport-saml';
import type { SamlProvider } from '../../../vocabulary/login.ts';
import type { SamlAddresses } from './addresses.ts';
import type { IdpMetadata } from './idp-metadata.ts';

/**
 * The options of node-saml, with every default changed that lets more through than it should: `InResponseTo` is always checked, both signatures are
 * required, requests are signed with SHA-256, the audience is named, nothing is asked of the authentication unless a step-up asks for it.
 */
export function optionsOf(
  provider: SamlProvider,
  idp: IdpMetadata,
  { acs, slo }: SamlAddresses,
  requests: CacheProvider,
): PassportSamlConfig {
  const { signing, entityId, identifiedBy } = provider;
  return {
    issuer: entityId,
    audience: entityId,
    callbackUrl: acs,
    logoutCallbackUrl: slo,
    entryPoint: idp.singleSignOn,
    ...(idp.singleLogout === undefined ? {} : { logoutUrl: idp.singleLogout }),
    idpCert: [...idp.certificates],
    idpIssuer: idp.entityId,
    wantAuthnResponseSigned: true,
    wantAssertionsSigned: true,
    validateInResponseTo: ValidateInResponseTo.always,
    cacheProvider: requests,
    acceptedClockSkewMs: provider.clockSkewSeconds * 1000,
    maxAssertionAgeMs: provider.maxAssertionAgeSeconds * 1000,
    identifierFormat: identifiedBy === 'name-id' ? 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent' : null,
    disableRequestedAuthnContext: true,
    signatureAlgorithm: 'sha256',
    digestAlgorithm: 'sha256',
    ...(signing === undefined ? {} : { privateKey: readFileSync(signing.keyFile, 'utf8') }),
  };
}

/** A cache of request IDs that holds nothing and takes nothing. */
export const noRequests: CacheProvider = {
  saveAsync: async () => null,
  getAsync: async () => null,
  removeAsync: async () => null,
};
