import { type Refusal, refuse } from '../../errors.ts';

/**
 * Carries out the one limit that a policy may put on something that expires: `max_lifetime_seconds`.
 * @param expiresAt RFC 3339, as asked for; `undefined` for never
 * @param now milliseconds since the epoch
 * @returns the expiry that holds, or a refusal for a limit that is not known
 */
export function clampExpiry(
  expiresAt: string | undefined,
  limits: Readonly<Record<string, unknown>>,
  now: number,
): { readonly expires_at?: string } | Refusal {
  const { max_lifetime_seconds: longest, ...others } = limits;
  if (Object.keys(others).length > 0) return refuse('policy.unknown-obligation');
  if (longest === undefined) return expiresAt === undefined ? {} : { expires_at: expiresAt };
  if (typeof longest !== 'number' || !Number.isFinite(longest) || longest <= 0) return refuse('policy.malformed-answer');
  const last = now + longest * 1000;
  const asked = expiresAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(expiresAt);
  return { expires_at: new Date(Math.min(asked, last)).toISOString() };
}
