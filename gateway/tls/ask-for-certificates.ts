import { constants } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Logger } from '../vocabulary/logger.ts';

/** What a server needs, beside its own certificate, to ask its callers for theirs. */
export interface AskingOptions {
  /** Their names are told to callers, which then know which certificate to present (RFC 8446 section 4.2.4). */
  readonly ca: string[];
  readonly requestCert: true;
  readonly rejectUnauthorized: false;
  readonly secureOptions: number;
}

/**
 * Makes the options with which a server asks for client certificates.
 *
 * TLS itself refuses none: a refusal there would be a broken handshake with neither a reason nor a record. It proves that the other end holds the
 * key; whose certificate it is and whether it counts is for the authenticate stage to say, authority by authority.
 *
 * Sessions are not resumed. A resumed session keeps the caller's certificate but not the ones that came with it, and skips the handshake in which
 * a caller shows that it still holds the key. Nor is a connection renegotiated: its certificate stays the one that it began with.
 *
 * @param files PEM files of the authorities' own certificates
 */
export function askForCertificates(files: readonly string[], logger: Logger): AskingOptions {
  const ca: string[] = [];
  for (const path of files) {
    try {
      ca.push(readFileSync(path, 'utf8'));
    } catch (error) {
      // The authority itself follows the file and says what is wrong with it, for as long as it is wrong.
      logger.warn('Callers are not told of an authority, because its file cannot be read', { path, error });
    }
  }
  return {
    ca,
    requestCert: true,
    rejectUnauthorized: false,
    secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
  };
}
