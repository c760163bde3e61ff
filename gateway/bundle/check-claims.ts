import type { BundleProblem, Verification } from './verification.ts';

/** The payload's claim with the version: an integer that grows with every release of one scope. OPA knows no such claim and passes over it. */
export const versionClaim = 'regate_version';

/** What a signature says of a bundle, beside its files. Times are seconds of the Unix epoch, as in RFC 7519. */
export interface SignedClaims {
  readonly scope: string;
  /** Absent only where downgrades are allowed. */
  readonly version?: number;
  readonly issuedAt?: number;
  readonly expiresAt?: number;
  readonly issuer?: string;
}

export interface CheckedClaims {
  readonly claims: SignedClaims;
  readonly problems: readonly BundleProblem[];
}

/**
 * Checks what a signature whose key holds says of itself: the scope, which is OPA's claim; `exp` and `nbf`, which OPA passes over; and the version,
 * which keeps an old bundle, once signed and since withdrawn, from being put in the place of a newer one.
 */
export function checkClaims(payload: Readonly<Record<string, unknown>>, content: string, verification: Verification): CheckedClaims {
  const problems: BundleProblem[] = [];
  const say = (code: BundleProblem['code'], message: string) => void problems.push({ code, message });
  const { scope = '', exp, nbf, iat, iss } = payload;
  const version = payload[versionClaim];
  for (const [name, value] of Object.entries({ exp, nbf, iat })) {
    if (value !== undefined && !isTime(value)) say('malformed', `the claim ${name} of the signature is not a time in seconds`);
  }
  if (scope !== verification.scope) {
    say('scope', `the signature is for ${nameScope(scope)}, and this gateway wants ${nameScope(verification.scope)}`);
  }
  if (isTime(exp) && exp * 1000 <= verification.now)
    say('expired', `the signature expired at ${new Date(exp * 1000).toISOString()}; sign the bundle again`);
  if (isTime(nbf) && nbf * 1000 > verification.now)
    say('not-yet-valid', `the signature is not valid before ${new Date(nbf * 1000).toISOString()}`);
  if (version !== undefined && !isVersion(version)) say('malformed', `the claim ${versionClaim} of the signature is not a whole number`);
  else if (!verification.allowDowngrade) checkVersion(version, content, verification, say);
  return {
    problems,
    claims: {
      scope: verification.scope,
      ...(isVersion(version) && { version }),
      ...(isTime(iat) && { issuedAt: iat }),
      ...(isTime(exp) && { expiresAt: exp }),
      ...(typeof iss === 'string' && { issuer: iss }),
    },
  };
}

function checkVersion(
  version: number | undefined,
  content: string,
  { newest }: Verification,
  say: (code: BundleProblem['code'], message: string) => void,
): void {
  if (version === undefined) {
    say(
      'no-version',
      `the signature has no ${versionClaim}, so that an older bundle could not be told from a newer one; sign with regate policy sign, or allow downgrades`,
    );
    return;
  }
  if (newest === undefined || version > newest.version || (version === newest.version && content === newest.content)) return;
  say(
    'downgrade',
    version < newest.version
      ? `its version is ${version}, and ${newest.version} has been active; a downgrade must be allowed`
      : `its version is ${version} as that of the newest bundle, but its content is another; sign each release with a higher version`,
  );
}

function isVersion(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** RFC 7519 section 2, NumericDate: may have a fraction. Beyond year 9999 it is no time but a mistake, as milliseconds are. */
function isTime(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value < 253_402_300_800;
}

function nameScope(scope: unknown): string {
  return scope === '' ? 'no scope' : `the scope ${JSON.stringify(typeof scope === 'string' ? scope.slice(0, 100) : typeof scope)}`;
}
