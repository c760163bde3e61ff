import type { ErrorCode } from '../../errors.ts';

const transient: ReadonlyMap<number, ErrorCode> = new Map([
  [429, 'upstream.rate-limited'],
  [500, 'upstream.failed'],
  [502, 'upstream.failed'],
  [503, 'upstream.overloaded'],
  [504, 'upstream.timeout'],
  [529, 'upstream.overloaded'],
]);

/**
 * Judges the status of an answer before any of it is passed on.
 *
 * - A redirect is not followed, and not passed on either: it would lead the credential, or the caller, past the gateway.
 * - 401, 403 and 407 are about the gateway's credential. To the caller they would look as if its own had been refused.
 * - A failure that may pass is kept back only where another backend may be tried.
 *
 * @returns `undefined` where the answer is the caller's, whatever its status
 */
export function judgeStatus(status: number, mayRetry: boolean): ErrorCode | undefined {
  if (status >= 300 && status < 400) return 'upstream.redirect';
  if (status === 401 || status === 403 || status === 407) return 'upstream.credential-refused';
  return mayRetry ? transient.get(status) : undefined;
}
