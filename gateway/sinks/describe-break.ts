import type { DeliveryFailureKind } from '../vocabulary/sinks.ts';
import { DeliveryFailure } from './sender.ts';

const kinds: Readonly<Record<string, readonly [DeliveryFailureKind, string]>> = {
  ECONNREFUSED: ['unreachable', 'nobody listens there'],
  ENOTFOUND: ['unreachable', 'the name of the receiver is not known'],
  EAI_AGAIN: ['unreachable', 'the name of the receiver cannot be looked up'],
  EHOSTUNREACH: ['unreachable', 'there is no way to the receiver'],
  ENETUNREACH: ['unreachable', 'there is no way to the receiver'],
  ETIMEDOUT: ['timeout', 'the receiver did not answer in time'],
  CERT_HAS_EXPIRED: ['untrusted', "the receiver's certificate has expired"],
  ERR_TLS_CERT_ALTNAME_INVALID: ['untrusted', "the receiver's certificate is for another name"],
};

/** Says what broke on the way to a receiver. */
export function describeBreak(cause: unknown): DeliveryFailure {
  const code = (cause as NodeJS.ErrnoException | null)?.code ?? '';
  const known = kinds[code];
  if (known !== undefined) return new DeliveryFailure(known[0], known[1], { cause });
  // OpenSSL's words for a certificate that nobody vouches for.
  if (/CERT|SELF_SIGNED|ISSUER|SIGNATURE/.test(code)) {
    return new DeliveryFailure('untrusted', "the receiver's certificate is not one of a known authority", { cause });
  }
  return new DeliveryFailure('broke-off', 'the connection to the receiver broke before it had confirmed', { cause });
}
