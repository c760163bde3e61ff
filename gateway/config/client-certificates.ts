import type { ClientCertificatesConfiguration } from '../vocabulary/certificates.ts';
import type { Configuration } from '../vocabulary/configuration.ts';
import type { ClientCertificatesFile } from './client-certificates-schema.ts';
import type { Report } from './problem.ts';

export function convertClientCertificates(
  file: ClientCertificatesFile,
  resolve: (path: string) => string,
): ClientCertificatesConfiguration {
  return {
    mode: file.mode,
    ...(file.forwarded === undefined ? {} : { forwarded: file.forwarded }),
    authorities: file.authorities.map(({ alias, kind, ca, crl, trust_domain: trustDomain, subject, device }) => ({
      alias,
      kind,
      ca: ca.map(resolve),
      crl: crl.map(resolve),
      ...(trustDomain === undefined ? {} : { trustDomain }),
      subject: { from: subject.from, kind: subject.kind, idRoles: subject.id_roles, sameAs: subject.same_as },
      device: {
        ...(device.managed === undefined ? {} : { managed: device.managed }),
        ...(device.os === undefined ? {} : { os: device.os }),
      },
    })),
  };
}

/** Refuses what would let a certificate mean two things, or a stranger speak for a proxy. */
export function checkClientCertificates({ listen, identity }: Configuration, report: Report): void {
  const { clientCertificates } = listen;
  if (clientCertificates === undefined) return;
  const at = ['listen', 'client_certificates'];
  if (clientCertificates.forwarded !== undefined && listen.trustedProxies.length === 0) {
    report([...at, 'forwarded'], 'this header would never count: listen.trusted_proxies is empty');
  }
  if (clientCertificates.forwarded === undefined && listen.tls.mode === 'plaintext') {
    report(at, 'without TLS nobody can present a certificate; set forwarded behind a TLS terminator, or use listen.tls');
  }
  const taken = new Set(['keys']);
  const issuers = new Map(identity.issuers.map((issuer) => [issuer.alias, issuer]));
  const files = new Set<string>();
  for (const [index, { alias, ca, trustDomain }] of clientCertificates.authorities.entries()) {
    const issuer = issuers.get(alias);
    // X.509-SVIDs and JWT-SVIDs of one trust domain name the same workloads.
    const isSameDomain = issuer?.trustDomain !== undefined && issuer.trustDomain === trustDomain;
    if (taken.has(alias) || (issuer !== undefined && !isSameDomain)) {
      report([...at, 'authorities', index, 'alias'], 'this alias is taken; two issuers must never name the same principal');
    }
    taken.add(alias);
    for (const [place, file] of ca.entries()) {
      if (files.has(file)) {
        report([...at, 'authorities', index, 'ca', place], 'another authority has this file; its certificates would mean two things');
      }
      files.add(file);
    }
  }
}
