import type { Assurance } from '../../vocabulary/identity.ts';

/** How strongly and how recently a person is asked to have been authenticated (RFC 9470 section 3). */
export interface Asked {
  /** Any of these is enough; none asks for no strength. {@link anyMfa} stands for every login with more than one factor. */
  readonly acr: readonly string[];
  readonly maxAgeSeconds?: number;
}

/** The gateway's own word among `acr_values`: more than one factor, whatever the provider calls that. */
export const anyMfa = 'mfa';

/**
 * Says whether what is known of a login is enough. What is not known is not enough.
 * @param now milliseconds since the epoch
 * @param skewSeconds how far the clocks may differ
 */
export function meets(assurance: Assurance | undefined, { acr, maxAgeSeconds }: Asked, now: number, skewSeconds = 0): boolean {
  const strong = acr.length === 0 || acr.some((one) => (one === anyMfa ? assurance?.mfa === true : one === assurance?.acr));
  if (!strong || maxAgeSeconds === undefined) return strong;
  const authenticatedAt = Date.parse(assurance?.auth_time ?? '');
  return now - authenticatedAt <= (maxAgeSeconds + skewSeconds) * 1000;
}
