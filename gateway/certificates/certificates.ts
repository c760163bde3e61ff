import { isRefusal, type Refusal, refuse } from '../errors.ts';
import type { AuthorityConfiguration, CertificateProof, PresentedCertificate } from '../vocabulary/certificates.ts';
import { type AuthorityNeeds, makeAuthority } from './authority.ts';
import { type ReadPresented, readPresented } from './read-presented.ts';

export interface CertificatesNeeds extends AuthorityNeeds {
  readonly authorities: readonly AuthorityConfiguration[];
}

/** Judges a caller's certificate: a proof, or a refusal `certificate.*`. */
export type JudgeCertificate = (presented: PresentedCertificate) => CertificateProof | Refusal;

/**
 * Makes the judge of callers' certificates. Each authority is asked by itself, so that a certificate of the one for devices is nothing to the one
 * for workloads. One must know it; where two do, it could mean two things, and is refused.
 *
 * A certificate is read once for a connection. It is judged anew at each request: meanwhile it may have expired or been revoked.
 */
export function makeJudgeCertificate({ authorities, clock, logger }: CertificatesNeeds): JudgeCertificate {
  const judges = authorities.map((authority) => makeAuthority(authority, { clock, logger }));
  const known = new WeakMap<PresentedCertificate, ReadPresented | Refusal>();

  function read(presented: PresentedCertificate): ReadPresented | Refusal {
    const before = known.get(presented);
    if (before !== undefined) return before;
    const now = readPresented(presented);
    known.set(presented, now);
    return now;
  }

  return function judgeCertificate(presented) {
    const certificates = read(presented);
    if (isRefusal(certificates)) return certificates;
    const verdicts = judges.map((judge) => judge(certificates)).filter((verdict) => verdict !== undefined);
    const [verdict, another] = verdicts;
    if (verdict === undefined) return refuse('certificate.invalid', { detail: 'no configured authority issued the certificate' });
    if (another !== undefined) return refuse('certificate.invalid', { detail: 'two configured authorities issued the certificate' });
    return verdict;
  };
}
