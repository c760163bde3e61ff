import { type Refusal, refuse } from '../errors.ts';
import { makeFreshFile } from '../files/fresh-file.ts';
import type { AuthorityConfiguration, CertificateProof } from '../vocabulary/certificates.ts';
import type { Clock } from '../vocabulary/clock.ts';
import type { Logger } from '../vocabulary/logger.ts';
import { MalformedDer } from './der.ts';
import { type CertificatePath, findPath, refuseLeaf } from './find-path.ts';
import { nameCertificate } from './name-certificate.ts';
import { type ReadCertificate, readCertificate } from './read-certificate.ts';
import { readPem } from './read-pem.ts';
import type { ReadPresented } from './read-presented.ts';
import { isSignedBy, type RevocationList, readRevocationLists } from './revocation-list.ts';

export interface AuthorityNeeds {
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The judgement of one authority; `undefined` where the certificate is none of its own. */
export type Authority = (presented: ReadPresented) => CertificateProof | Refusal | undefined;

/**
 * Makes one authority. Its files are read again when they change; a file that cannot be read leaves the last good content in force, which for a
 * revocation list ends when the list does.
 */
export function makeAuthority(authority: AuthorityConfiguration, { clock, logger }: AuthorityNeeds): Authority {
  const anchors = authority.ca.map((path) =>
    makeFreshFile({ path, what: 'The certificates of an authority', parse: readAnchors, clock, logger }),
  );
  const lists = authority.crl.map((path) =>
    makeFreshFile({ path, what: 'A revocation list', parse: readLists, encoding: 'latin1', clock, logger }),
  );
  const isSigned = rememberSignatures();

  function judge({ leaf, others, evidence }: ReadPresented): CertificateProof | Refusal | undefined {
    const own = anchors.flatMap((file) => file.current() ?? []);
    const now = clock.now();
    const found = findPath(leaf, others, own, now);
    if ('problem' in found) return found.problem === 'unknown' ? undefined : refuseProblem(found.problem, found.detail);
    const problem = refuseLeaf(leaf);
    if (problem !== undefined) return refuse('certificate.invalid', { detail: problem });
    const named = nameCertificate(leaf, authority);
    if ('problem' in named) return refuse('certificate.invalid', { detail: named.problem });
    const refusal = checkRevocation(found.path, now);
    if (refusal !== undefined) return refusal;
    return {
      method: authority.subject.from === 'spiffe' ? 'spiffe' : 'mtls',
      authority: authority.alias,
      use: authority.kind,
      name: named.name,
      thumbprint: leaf.thumbprint,
      notBefore: leaf.notBefore,
      notAfter: leaf.notAfter,
      evidence,
    };
  }

  /** Where lists are configured, each certificate below the authority's own must be covered by a list of its issuer that is fresh. */
  function checkRevocation(path: CertificatePath, now: number): Refusal | undefined {
    if (authority.crl.length === 0) return undefined;
    const all = lists.flatMap((file) => file.current() ?? []);
    for (const [depth, certificate] of path.slice(0, -1).entries()) {
      const issuer = path[depth + 1];
      const covering = all.filter((list) => issuer !== undefined && list.issuer.equals(issuer.subject) && isSigned(list, issuer));
      // Whoever stands on any list of its issuer has been revoked, be the list stale: a revocation does not run out.
      if (covering.some(({ revoked }) => revoked.has(certificate.serial))) return refuse('certificate.revoked');
      if (!covering.some(({ thisUpdate, nextUpdate }) => thisUpdate <= now && now < nextUpdate)) {
        const detail = covering.length === 0 ? 'no revocation list of its issuer' : 'the revocation list of its issuer is stale';
        return refuse('certificate.revocation-unknown', { detail });
      }
    }
    return undefined;
  }

  return judge;
}

const problems = {
  expired: 'certificate.expired',
  'not-yet-valid': 'certificate.invalid',
  unfit: 'certificate.invalid',
} as const;

function refuseProblem(problem: keyof typeof problems, detail: string): Refusal {
  return refuse(problems[problem], { detail: problem === 'not-yet-valid' ? `not valid yet: ${detail}` : detail });
}

function readAnchors(text: string): readonly ReadCertificate[] {
  const certificates = readPem(text, 'CERTIFICATE').map((der) => readCertificate(der));
  if (certificates.length === 0) throw new MalformedDer('the file holds no certificate in PEM');
  if (!certificates.every(({ isAuthority }) => isAuthority)) throw new MalformedDer('a certificate that is no certification authority');
  return certificates;
}

function readLists(text: string): readonly RevocationList[] {
  return readRevocationLists(Buffer.from(text, 'latin1'));
}

/** A list is verified once for each issuer that may have signed it. */
function rememberSignatures(): (list: RevocationList, issuer: ReadCertificate) => boolean {
  const known = new WeakMap<RevocationList, Map<string, boolean>>();
  return (list, issuer) => {
    const answers = known.get(list) ?? new Map<string, boolean>();
    known.set(list, answers);
    const before = answers.get(issuer.thumbprint);
    if (before !== undefined) return before;
    const signed = isSignedBy(list, issuer);
    answers.set(issuer.thumbprint, signed);
    return signed;
  };
}
