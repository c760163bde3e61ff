import type { AuthorityConfiguration, CertificateProof } from '../../vocabulary/certificates.ts';
import type { DeviceFact } from '../../vocabulary/facts.ts';
import type { Principal, TokenLink } from '../../vocabulary/identity.ts';
import { makeIdRoles } from './id-roles.ts';

/** What a certificate says of its holder. */
export type CertificateHolder =
  | {
      readonly use: 'workload';
      readonly principal: Principal;
      readonly link: TokenLink /** The same workload, by other issuers' ids. */;
      readonly sameAs: readonly string[];
    }
  | { readonly use: 'device'; readonly device: DeviceFact; readonly link: TokenLink };

/** Maps a certificate that holds; `undefined` where its authority is not configured. */
export type MapCertificate = (proof: CertificateProof) => CertificateHolder | undefined;

/** Makes the mapping of certificates. The id is `<alias>:<name>`, as for tokens. */
export function makeMapCertificate(authorities: readonly AuthorityConfiguration[]): MapCertificate {
  const known = new Map(
    authorities.map((authority) => [
      authority.alias,
      { ...authority, rolesOf: makeIdRoles(authority.subject.idRoles), sameAs: new Map(Object.entries(authority.subject.sameAs)) },
    ]),
  );
  return function mapCertificate(proof) {
    const authority = known.get(proof.authority);
    if (authority === undefined) return undefined;
    const link = describeCertificate(proof);
    if (proof.use === 'device') return { use: 'device', device: { id: proof.name, ...authority.device, evidence: 'attested' }, link };
    const principal: Principal = {
      kind: authority.subject.kind,
      id: `${proof.authority}:${proof.name}`,
      issuer: proof.authority,
      method: proof.method,
      roles: authority.rolesOf(proof.name),
      groups: [],
      claims: {},
    };
    return { use: 'workload', principal, link, sameAs: authority.sameAs.get(proof.name) ?? [] };
  };
}

function describeCertificate({ thumbprint, authority, method, evidence, notBefore, notAfter }: CertificateProof): TokenLink {
  return {
    kind: 'token',
    id: thumbprint,
    issuer: authority,
    method,
    evidence,
    scopes: [],
    issued_at: new Date(notBefore).toISOString(),
    expires_at: new Date(notAfter).toISOString(),
  };
}
