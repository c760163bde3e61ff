import type { X509Certificate } from 'node:crypto';
import type { Clock } from '../vocabulary/clock.ts';
import type { LogFields, Logger } from '../vocabulary/logger.ts';

/** `ending`: should have been renewed by now. */
export type Validity = 'not yet valid' | 'valid' | 'ending' | 'expired';

const fortnight = 14 * 24 * 3_600_000;

/**
 * Says how a certificate stands. It is ending in its last fortnight, or in the last fifth of its life where that is shorter: who renews 90 days at
 * a third, or a day at a half, never hears of it.
 *
 * @param now milliseconds since the epoch
 */
export function tellValidity({ validFromDate, validToDate }: X509Certificate, now: number): Validity {
  const start = validFromDate.getTime();
  const end = validToDate.getTime();
  if (now < start) return 'not yet valid';
  if (now >= end) return 'expired';
  return end - now < Math.min(fortnight, (end - start) / 5) ? 'ending' : 'valid';
}

export interface WatchValidityNeeds {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Put on every message. */
  readonly fields: LogFields;
}

/** Makes a check that logs when a certificate's standing turns bad: once for each certificate and standing, however often it is called. */
export function makeWatchValidity({ clock, logger, fields }: WatchValidityNeeds): (certificate: X509Certificate) => void {
  let told = '';
  return (certificate) => {
    const validity = tellValidity(certificate, clock.now());
    const subject = `${certificate.fingerprint256} ${validity}`;
    if (subject === told) return;
    told = subject;
    const until = { ...fields, from: certificate.validFromDate.toISOString(), until: certificate.validToDate.toISOString() };
    if (validity === 'ending') logger.warn('The TLS certificate ends soon; replace its files and the gateway takes the new one', until);
    if (validity === 'expired') logger.error('The TLS certificate has expired: clients refuse it; replace its files', until);
    if (validity === 'not yet valid') logger.error('The TLS certificate is not valid yet: clients refuse it; check the clock', until);
  };
}
