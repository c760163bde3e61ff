import { type Refusal, refuse } from '../errors.ts';
import type { PresentedCertificate } from '../vocabulary/certificates.ts';
import { MalformedDer } from './der.ts';
import { type ReadCertificate, readCertificate } from './read-certificate.ts';

/** A caller's certificates, read. */
export interface ReadPresented {
  readonly leaf: ReadCertificate;
  readonly others: readonly ReadCertificate[];
  readonly evidence: PresentedCertificate['evidence'];
}

const mostOthers = 8;

/** Reads what a caller presented. @returns `certificate.invalid` where it is not DER, or too much of it */
export function readPresented({ leaf, others, evidence }: PresentedCertificate): ReadPresented | Refusal {
  if (others.length > mostOthers) return refuse('certificate.invalid', { detail: 'too many certificates' });
  try {
    return { leaf: readCertificate(leaf), others: others.map((der) => readCertificate(der)), evidence };
  } catch (error) {
    if (error instanceof MalformedDer) return refuse('certificate.invalid', { detail: error.message });
    throw error;
  }
}
