import { createHash, timingSafeEqual } from 'node:crypto';

/** What is kept of something that only its holder has. */
export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}

export function isSame(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}

const challengeForm = /^[A-Za-z0-9_-]{43}$/;
const verifierForm = /^[A-Za-z0-9._~-]{43,128}$/;

/** RFC 7636 section 4.2: an S256 challenge. */
export function isChallenge(text: string | undefined): text is string {
  return text !== undefined && challengeForm.test(text);
}

/** RFC 7636 section 4.6. */
export function fitsChallenge(verifier: string | undefined, challenge: string): boolean {
  return verifier !== undefined && verifierForm.test(verifier) && isSame(hashOf(verifier), challenge);
}
