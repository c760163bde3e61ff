import type { IssuerConfiguration } from '../../vocabulary/configuration.ts';
import type { DeviceFact, SessionFact } from '../../vocabulary/facts.ts';
import type { Assurance } from '../../vocabulary/identity.ts';
import { type ClaimPath, type Claims, isWord, parseClaimPath, walk } from './claim-path.ts';

/** Reads the device that a token vouches for; `undefined` where it says nothing of one. */
export type ReadDevice = (claims: Claims) => DeviceFact | undefined;

/** Makes the reader of the attested device. Attested: it stands in a token that the issuer signed. */
export function makeReadDevice(configured: IssuerConfiguration['device']): ReadDevice {
  if (configured === undefined) return () => undefined;
  const idPath = parseClaimPath(configured.id);
  const managedPath = configured.managed === undefined ? undefined : parseClaimPath(configured.managed);
  const osPath = configured.os === undefined ? undefined : parseClaimPath(configured.os);
  return (claims) => {
    const id = walk(claims, idPath);
    const managed = readFlag(claims, managedPath);
    const os = osPath === undefined ? undefined : walk(claims, osPath);
    // Without a device to speak of, a lone "managed" would be a fact about nothing.
    if (!isWord(id)) return undefined;
    return { id, ...(managed === undefined ? {} : { managed }), ...(isWord(os) ? { os } : {}), evidence: 'attested' };
  };
}

/** Some issuers can write strings only. Anything but a clear yes or no is unknown. */
function readFlag(claims: Claims, path: ClaimPath | undefined): boolean | undefined {
  const value = path === undefined ? undefined : walk(claims, path);
  if (value === true || value === 'true') return true;
  return value === false || value === 'false' ? false : undefined;
}

/** How the originator was authenticated: `amr` (RFC 8176), `acr` and `auth_time` (OpenID Connect Core section 2). */
export function readAssurance(claims: Claims): Assurance | undefined {
  const mfa = readMfa(claims['amr']);
  const acr = claims['acr'];
  const authTime = toRfc3339(claims['auth_time']);
  const assurance: Assurance = {
    ...(mfa === undefined ? {} : { mfa }),
    ...(isWord(acr) ? { acr } : {}),
    ...(authTime === undefined ? {} : { auth_time: authTime }),
  };
  return Object.keys(assurance).length === 0 ? undefined : assurance;
}

/** RFC 8176 section 2: `mfa` means that more than one factor was used. Without `amr` nothing is known. */
function readMfa(amr: unknown): boolean | undefined {
  if (!Array.isArray(amr) || amr.length === 0 || !amr.every((one: unknown) => typeof one === 'string')) return undefined;
  return amr.includes('mfa');
}

/**
 * Reads the session (`sid`, OpenID Connect Front-Channel Logout section 3) of a token.
 *
 * @param now milliseconds since the epoch
 * @param skewSeconds how far `auth_time` may lie in the future and still count as now
 */
export function readSession(claims: Claims, now: number, skewSeconds: number): SessionFact | undefined {
  const id = claims['sid'];
  if (!isWord(id)) return undefined;
  const mfa = readMfa(claims['amr']);
  const age = readAge(claims['auth_time'], now, skewSeconds);
  return { id, ...(age === undefined ? {} : { age_seconds: age }), ...(mfa === undefined ? {} : { mfa }) };
}

function readAge(authTime: unknown, now: number, skewSeconds: number): number | undefined {
  if (typeof authTime !== 'number' || authTime < 0) return undefined;
  const age = Math.floor(now / 1000 - authTime);
  return age >= -skewSeconds ? Math.max(0, age) : undefined;
}

/** The last second that RFC 3339 can write. */
const latest = 253_402_300_799;

/** @param seconds since the epoch, as in a NumericDate (RFC 7519 section 2); `undefined` for anything that is none */
export function toRfc3339(seconds: unknown): string | undefined {
  if (typeof seconds !== 'number' || !(seconds >= 0 && seconds <= latest)) return undefined;
  return new Date(seconds * 1000).toISOString();
}
