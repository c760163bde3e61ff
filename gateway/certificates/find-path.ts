import type { KeyObject } from 'node:crypto';
import type { ReadCertificate } from './read-certificate.ts';

/** From a caller's certificate up to one of the authority's own, which is last. */
export type CertificatePath = readonly [ReadCertificate, ...ReadCertificate[]];

/** What is wrong with the nearest thing to a path; `unknown` where nothing leads to the authority at all. */
export type PathProblem = 'unknown' | 'expired' | 'not-yet-valid' | 'unfit';

export type PathResult = { readonly path: CertificatePath } | { readonly problem: PathProblem; readonly detail: string };

/** A caller's certificate, three intermediates and a root are more than anybody uses. */
const longestPath = 5;
/** Signatures that are checked for one caller: what it sends costs no more than this. */
const mostChecks = 16;

/** SHA-256 or better; RSA with PKCS #1 1.5 or PSS, ECDSA, Ed25519. Forging a certificate over SHA-1 is affordable. */
const algorithms: ReadonlySet<string> = new Set([
  '1.2.840.113549.1.1.10',
  '1.2.840.113549.1.1.11',
  '1.2.840.113549.1.1.12',
  '1.2.840.113549.1.1.13',
  '1.2.840.10045.4.3.2',
  '1.2.840.10045.4.3.3',
  '1.2.840.10045.4.3.4',
  '1.3.101.112',
]);
const clientAuth = '1.3.6.1.5.5.7.3.2';
const anyUsage = '2.5.29.37.0';

/**
 * Finds the way from a certificate to one of an authority's own (RFC 5280 section 6). Everything below the authority's own certificate is
 * checked: signatures, validity, basic constraints with path length, key usage. What this code cannot honour (name constraints, unknown critical
 * extensions) makes a certificate unfit, as the RFC demands.
 *
 * @param others what the caller sent beside its certificate
 * @param anchors the authority's own certificates
 * @param now milliseconds since the epoch
 */
export function findPath(
  leaf: ReadCertificate,
  others: readonly ReadCertificate[],
  anchors: readonly ReadCertificate[],
  now: number,
): PathResult {
  let checks = 0;
  let nearest: { readonly problem: PathProblem; readonly detail: string } = {
    problem: 'unknown',
    detail: 'no path leads to the authority',
  };

  function climb(path: CertificatePath): CertificatePath | undefined {
    const top = path[path.length - 1] ?? leaf;
    if (path.length >= longestPath) return undefined;
    for (const [issuer, isAnchor] of candidates(top, path)) {
      checks++;
      if (checks > mostChecks) return undefined;
      if (!isIssuedBy(top, issuer)) continue;
      const longer: CertificatePath = [...path, issuer];
      const found = isAnchor ? judge(longer) : climb(longer);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  function* candidates(top: ReadCertificate, path: CertificatePath): Generator<readonly [ReadCertificate, boolean]> {
    const fits = (each: ReadCertificate) => each.subject.equals(top.issuer) && !path.includes(each);
    for (const anchor of anchors) if (fits(anchor)) yield [anchor, true];
    for (const other of others) if (fits(other)) yield [other, false];
  }

  function judge(path: CertificatePath): CertificatePath | undefined {
    const wrong = findProblem(path, now);
    if (wrong === undefined) return path;
    nearest = wrong;
    return undefined;
  }

  const path = climb([leaf]);
  return path === undefined ? nearest : { path };
}

function findProblem(path: CertificatePath, now: number): { readonly problem: PathProblem; readonly detail: string } | undefined {
  for (const [depth, certificate] of path.entries()) {
    const { unsupported, isAuthority, pathLength, keyUsage, extendedKeyUsage } = certificate;
    if (unsupported.length > 0) return unfit('an extension that the gateway cannot honour');
    if (depth > 0) {
      if (!isAuthority) return unfit('an issuer that is no certification authority');
      if (keyUsage !== undefined && !keyUsage.keyCertSign) return unfit('an issuer whose key may not sign certificates');
      // The path length counts the intermediates between this one and the caller's.
      if (pathLength !== undefined && depth - 1 > pathLength) return unfit('a path that is longer than its issuer allows');
      if (extendedKeyUsage !== undefined && !extendedKeyUsage.includes(clientAuth) && !extendedKeyUsage.includes(anyUsage)) {
        return unfit('an issuer that is not for client certificates');
      }
    }
    if (now > certificate.notAfter) return { problem: 'expired', detail: depth === 0 ? 'the certificate' : 'the certificate of an issuer' };
    if (now < certificate.notBefore) return { problem: 'not-yet-valid', detail: depth === 0 ? 'the certificate' : 'an issuer' };
  }
  return undefined;
}

const verified = new WeakMap<ReadCertificate, WeakMap<ReadCertificate, boolean>>();

/** Says whether one certificate is signed with another's key. It is a fact of the two, so it is found out once. */
function isIssuedBy(certificate: ReadCertificate, issuer: ReadCertificate): boolean {
  const answers = verified.get(certificate) ?? new WeakMap<ReadCertificate, boolean>();
  verified.set(certificate, answers);
  const before = answers.get(issuer);
  if (before !== undefined) return before;
  const { publicKey } = issuer.x509;
  const issued = algorithms.has(certificate.signatureAlgorithm) && isStrong(publicKey) && certificate.x509.verify(publicKey);
  answers.set(issuer, issued);
  return issued;
}

/** Says whether a caller's certificate, whatever issued it, may speak for a client. */
export function refuseLeaf({ isAuthority, keyUsage, extendedKeyUsage, x509 }: ReadCertificate): string | undefined {
  // Whoever holds a CA's key could write itself any name; its own certificate is for issuing.
  if (isAuthority || keyUsage?.keyCertSign === true || keyUsage?.crlSign === true) return 'a certification authority as a caller';
  if (extendedKeyUsage === undefined || !extendedKeyUsage.includes(clientAuth)) return 'the certificate is not for TLS clients';
  if (keyUsage !== undefined && !keyUsage.digitalSignature) return 'the key may not sign';
  return isStrong(x509.publicKey) ? undefined : 'the key is too weak';
}

function isStrong({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean {
  if (asymmetricKeyType === 'rsa' || asymmetricKeyType === 'rsa-pss') return (asymmetricKeyDetails?.modulusLength ?? 0) >= 2048;
  if (asymmetricKeyType === 'ec') return ['prime256v1', 'secp384r1', 'secp521r1'].includes(asymmetricKeyDetails?.namedCurve ?? '');
  return asymmetricKeyType === 'ed25519';
}

function unfit(detail: string) {
  return { problem: 'unfit', detail } as const;
}
