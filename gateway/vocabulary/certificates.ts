import type { PrincipalKind } from './identity.ts';

/** A caller's certificate as it came; nothing of it has been verified. DER. */
export interface PresentedCertificate {
  /** peer: with this connection, whose other end has the key. trusted-proxy: a trusted proxy, which ended the caller's connection, tells of it. */
  readonly evidence: 'peer' | 'trusted-proxy';
  readonly leaf: Uint8Array;
  /** In no order that counts. */
  readonly others: readonly Uint8Array[];
}

/** A certificate that holds: one configured authority issued it, for a client, it is valid now and not revoked. */
export interface CertificateProof {
  readonly method: 'mtls' | 'spiffe';
  /** The configured alias of the authority. */
  readonly authority: string;
  /** What the authority's certificates prove: who calls, or from which device. */
  readonly use: 'workload' | 'device';
  /** What the certificate names, by the authority's mapping: a SPIFFE ID, a DNS name, … */
  readonly name: string;
  /** SHA-256 of the certificate, base64url: `x5t#S256` of RFC 8705. */
  readonly thumbprint: string;
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  /** Milliseconds since the epoch. */
  readonly notAfter: number;
  readonly evidence: PresentedCertificate['evidence'];
}

export interface ClientCertificatesConfiguration {
  /** required: nobody is heard without a certificate that holds. */
  readonly mode: 'optional' | 'required';
  /** The header in which trusted proxies tell of the certificate of a connection that they ended; without it such headers are ignored. */
  readonly forwarded?: 'client-cert' | 'x-forwarded-client-cert';
  readonly authorities: readonly AuthorityConfiguration[];
}

/** One certification authority, or one set of them, whose certificates mean the same. */
export interface AuthorityConfiguration {
  readonly alias: string;
  readonly kind: 'workload' | 'device';
  /** PEM files of the authority's own certificates. */
  readonly ca: readonly string[];
  /** PEM or DER files; where there are any, every certificate must be covered by a fresh list. */
  readonly crl: readonly string[];
  /** The certificates are X.509-SVIDs of this SPIFFE trust domain. */
  readonly trustDomain?: string;
  readonly subject: CertificateMapping;
  /** What is known of every device of this authority. */
  readonly device: { readonly managed?: boolean; readonly os?: string };
}

export interface CertificateMapping {
  /** Which name of the certificate is the id; there must be exactly one of that kind. */
  readonly from: 'spiffe' | 'uri' | 'dns' | 'common-name';
  readonly kind: Exclude<PrincipalKind, 'team'>;
  /** Id → its roles. `prefix/*` stands for every id below the prefix. */
  readonly idRoles: Readonly<Record<string, readonly string[]>>;
  /** Id → ids (with alias) under which tokens and keys know the same workload. */
  readonly sameAs: Readonly<Record<string, readonly string[]>>;
}
