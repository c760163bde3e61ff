import { createHash, randomBytes } from 'node:crypto';
import type { CookieOptions, Request, Response } from 'express';
import { cookieValues } from './session-cookie.ts';

/**
 * A cookie that tells one browser from another while a login is under way. It opens nothing; it only ties an answer to the browser in which the login
 * was begun, so that nobody can be logged in as somebody else by a link or a form (RFC 9700 section 4.7).
 *
 * SameSite=None, because a SAML answer is a form that the identity provider's page sends (HTTP POST binding).
 */
const cookieName = '__Host-regate-login';

const options: CookieOptions = { path: '/', httpOnly: true, secure: true, sameSite: 'none' };
const form = /^[A-Za-z0-9_-]{43}$/;

/** The name of the browser that a request comes from, as it is kept: a hash of the cookie. `undefined` where it has none. */
export function browserOf(req: Request): string | undefined {
  const [value, another] = cookieValues(req.headers.cookie, cookieName);
  return value !== undefined && another === undefined && form.test(value) ? hash(value) : undefined;
}

/** The same; gives the browser a cookie where it has none. */
export function nameBrowser(req: Request, res: Response): string {
  const known = browserOf(req);
  if (known !== undefined) return known;
  const value = randomBytes(32).toString('base64url');
  res.cookie(cookieName, value, options);
  return hash(value);
}

function hash(value: string): string {
  return createHash('sha256').update(value).digest('base64url');
}
