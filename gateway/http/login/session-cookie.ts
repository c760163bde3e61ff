import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { RequestHandler } from 'express';
import expressSession, { type Store } from 'express-session';
import { Breakage } from '../../errors.ts';
import type { SessionConfiguration } from '../../vocabulary/login.ts';

/** The prefix makes browsers refuse the cookie unless it is Secure, for the whole host, and set by this very host (RFC 6265bis section 4.1.3.2). */
export const cookieName = '__Host-regate';

const shortestSecret = 32;

export interface CookieNeeds {
  readonly sessions: Store;
  /** The first signs, all verify. */
  readonly secrets: readonly string[];
}

/**
 * Reads the secrets of the cookies; random ones where none are configured.
 * @throws Breakage `login.unavailable` where the file cannot be read or a secret is too short; the message holds none
 */
export function readSecrets({ secretFile }: Pick<SessionConfiguration, 'secretFile'>): readonly string[] {
  if (secretFile === undefined) return [randomBytes(48).toString('base64url')];
  let text: string;
  try {
    text = readFileSync(secretFile, 'utf8');
  } catch (cause) {
    throw new Breakage('login.unavailable', `The secret file of the sessions (${secretFile}) cannot be read.`, { cause });
  }
  const secrets = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (secrets.length === 0 || secrets.some((secret) => secret.length < shortestSecret)) {
    throw new Breakage(
      'login.unavailable',
      `The secret file of the sessions (${secretFile}) needs secrets of ${shortestSecret} characters or more.`,
    );
  }
  return secrets;
}

/** Gives a request the session of express-session; only doors that begin or end a session need it. It makes none by itself. */
export function makeSessionMiddleware({ sessions, secrets }: CookieNeeds): RequestHandler {
  return expressSession({
    name: cookieName,
    secret: [...secrets],
    store: sessions,
    // 256 bits. The client's own choice never counts: a login always makes a new one.
    genid: () => randomBytes(32).toString('base64url'),
    resave: false,
    saveUninitialized: false,
    // Without an age it goes with the browser; how long a session lasts is the store's to say.
    cookie: { path: '/', httpOnly: true, secure: true, sameSite: 'lax' },
    // Whether the way is encrypted is known from `public_url`, not from a header that anybody can send. See `trustPublicUrl`.
    proxy: undefined,
  });
}

/** Makes express-session give out its Secure cookie also behind whatever ends TLS before the gateway. */
export const trustPublicUrl: RequestHandler = (req, _res, next) => {
  Object.defineProperty(req, 'secure', { value: true });
  next();
};

/**
 * The session id in a Cookie header, as express-session signs it: `s:<id>.<HMAC-SHA-256>`.
 * @returns `undefined` where there is none, more than one, or one that none of the secrets has signed
 */
export function readSessionId(header: string | undefined, secrets: readonly string[]): string | undefined {
  const values = cookieValues(header, cookieName);
  const [value] = values;
  if (value === undefined || values.length !== 1) return undefined;
  const found = /^s:([A-Za-z0-9_-]{43})\.([A-Za-z0-9+/]{43})$/.exec(value);
  const [, id, signature] = found ?? [];
  if (id === undefined || signature === undefined) return undefined;
  const given = Buffer.from(signature, 'base64');
  const matches = secrets.filter((secret) => timingSafeEqual(createHmac('sha256', secret).update(id).digest(), given));
  return matches.length > 0 ? id : undefined;
}

/** Every value of a cookie, decoded, in order of appearance. */
export function cookieValues(header: string | undefined, name: string): readonly string[] {
  if (header === undefined) return [];
  return header
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => decode(pair.slice(name.length + 1)));
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}
