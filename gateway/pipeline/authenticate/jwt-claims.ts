import { type Refusal, refuse } from '../../errors.ts';
import type { IssuerConfiguration } from '../../vocabulary/configuration.ts';

/** Four digits of a year: later times cannot be written as RFC 3339. */
const latest = 253_402_300_799;

type Limits = Pick<IssuerConfiguration, 'audiences' | 'clockSkewSeconds' | 'maxLifetimeSeconds'>;

/**
 * Checks the registered claims of a token whose signature holds (RFC 7519 section 4.1).
 *
 * @param now seconds since the epoch
 * @returns `credential.expired` or `credential.invalid`, or nothing where all of them hold
 */
export function refuseClaims(claims: Readonly<Record<string, unknown>>, limits: Limits, now: number): Refusal | undefined {
  const { sub } = claims;
  if (typeof sub !== 'string' || sub === '') return invalid('sub is missing');
  if (!namesAudience(claims['aud'], limits.audiences)) return invalid('the audience is another one');
  return refuseTimes(claims, limits, now);
}

function namesAudience(aud: unknown, audiences: readonly string[]): boolean {
  if (typeof aud === 'string') return audiences.includes(aud);
  if (!Array.isArray(aud) || !aud.every((one: unknown) => typeof one === 'string')) return false;
  return audiences.some((one) => aud.includes(one));
}

function refuseTimes(claims: Readonly<Record<string, unknown>>, limits: Limits, now: number): Refusal | undefined {
  const { exp, iat, nbf } = claims;
  const { clockSkewSeconds: skew, maxLifetimeSeconds: longest } = limits;
  if (!isTime(exp)) return invalid('exp is missing or no time');
  if (exp <= now - skew) return refuse('credential.expired');
  if (nbf !== undefined && !isTime(nbf)) return invalid('nbf is no time');
  if (nbf !== undefined && nbf > now + skew) return invalid('nbf lies in the future');
  if (iat !== undefined && !isTime(iat)) return invalid('iat is no time');
  // A token "issued" in the future would make every limit on its age void.
  if (iat !== undefined && iat > now + skew) return invalid('iat lies in the future');
  // Without iat the life that is left must fit; a leaked token of ten years is refused either way.
  if (exp - (iat ?? now) > longest) return invalid('the lifetime is longer than the issuer may give');
  return undefined;
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= latest;
}

function invalid(detail: string): Refusal {
  return refuse('credential.invalid', { detail });
}
