import type { DetailedPeerCertificate } from 'node:tls';
import { isRefusal, type Refusal } from '../../errors.ts';
import type { ClientCertificatesConfiguration, PresentedCertificate } from '../../vocabulary/certificates.ts';
import { certificateFields, type Fields, readClientCert, readForwardedClientCert } from './forwarded-certificate.ts';

/** What is asked of a connection. */
export interface CertifiedSocket {
  getPeerCertificate?(detailed: true): DetailedPeerCertificate;
}

export interface ReadCertificateNeeds {
  /** Absent where client certificates are not configured: then none is looked for. */
  readonly clientCertificates?: Pick<ClientCertificatesConfiguration, 'forwarded'>;
}

/** The caller's certificate, and the names of fields that told of one and were not believed. */
export interface FoundCertificate {
  readonly certificate?: PresentedCertificate;
  readonly ignored: readonly string[];
}

export type FindCertificate = (fields: Fields, socket: CertifiedSocket, fromTrustedProxy: boolean) => FoundCertificate | Refusal;

const readers = { 'client-cert': readClientCert, 'x-forwarded-client-cert': readForwardedClientCert } as const;
const fieldsOf = {
  'client-cert': ['client-cert', 'client-cert-chain'],
  'x-forwarded-client-cert': ['x-forwarded-client-cert'],
} as const;
const mostChain = 8;
const mostForwarded = 1024;

/**
 * Makes the search for the certificate of the one who calls.
 *
 * From an ordinary peer it is the connection's. From a trusted proxy it is what the proxy tells of, in the configured field, and nothing else: the
 * certificate of the proxy's own connection says who the proxy is. Taking it for the caller's would lend the proxy's identity to everybody behind it.
 */
export function makeFindCertificate({ clientCertificates }: ReadCertificateNeeds): FindCertificate {
  const forwarded = clientCertificates?.forwarded;
  const believed: ReadonlySet<string> = new Set(forwarded === undefined ? [] : fieldsOf[forwarded]);
  const connections = new WeakMap<CertifiedSocket, PresentedCertificate | 'none'>();
  const told = new Map<string, PresentedCertificate>();

  function ofConnection(socket: CertifiedSocket): PresentedCertificate | undefined {
    const before = connections.get(socket);
    if (before !== undefined) return before === 'none' ? undefined : before;
    const certificate = readConnection(socket);
    connections.set(socket, certificate ?? 'none');
    return certificate;
  }

  /** A proxy tells the same of every request of a connection; the same object lets what was found out about it be remembered. */
  function ofProxy(fields: Fields): PresentedCertificate | Refusal | undefined {
    if (forwarded === undefined) return undefined;
    const found = readers[forwarded](fields);
    if (found === undefined || isRefusal(found)) return found;
    const name = [found.leaf, ...found.others].map((der) => Buffer.from(der).toString('base64')).join(' ');
    const before = told.get(name);
    if (before !== undefined) return before;
    if (told.size >= mostForwarded) told.clear();
    told.set(name, found);
    return found;
  }

  return function findCertificate(fields, socket, fromTrustedProxy) {
    const ignored = [...fields.keys()].filter((name) => certificateFields.has(name) && !(fromTrustedProxy && believed.has(name)));
    if (clientCertificates === undefined) return { ignored };
    const certificate = fromTrustedProxy ? ofProxy(fields) : ofConnection(socket);
    if (isRefusal(certificate)) return certificate;
    return { ignored, ...(certificate === undefined ? {} : { certificate }) };
  };
}

/** TLS has proved that the other end holds the leaf's key. Whose certificate it is has not been looked at: that is not for TLS to say here. */
function readConnection(socket: CertifiedSocket): PresentedCertificate | undefined {
  const first = socket.getPeerCertificate?.(true);
  if (first === undefined || !Buffer.isBuffer(first.raw)) return undefined;
  const others: Buffer[] = [];
  // The last one is its own issuer.
  for (let at = first; at.issuerCertificate !== undefined && at.issuerCertificate !== at && others.length < mostChain; ) {
    at = at.issuerCertificate;
    others.push(at.raw);
  }
  return { evidence: 'peer', leaf: first.raw, others };
}
