import { BundleBreakage } from '../../errors.ts';
import type { Clock } from '../../vocabulary/clock.ts';
import { type Authorization, writeBasic } from './authorization.ts';
import type { HttpClient } from './client.ts';

export interface ClientCredentialsNeeds {
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly readClientSecret: () => Promise<string>;
  readonly scopes: readonly string[];
  readonly audience?: string;
  /** Calls the token endpoint. It has no credential of its own. */
  readonly call: HttpClient;
  readonly clock: Pick<Clock, 'monotonic'>;
}

/** A token is not used in its last seconds: it would expire on the way. */
const marginSeconds = 30;
const maxAnswerBytes = 64 * 1024;

/** Makes the OAuth 2.0 client credentials grant (RFC 6749 section 4.4): a token is fetched when one is needed, and kept for its life. */
export function makeClientCredentials(needs: ClientCredentialsNeeds): Authorization {
  const { tokenUrl, clientId, readClientSecret, scopes, audience, call, clock } = needs;
  let held: { readonly token: string; readonly until: number } | undefined;
  let fetching: Promise<string> | undefined;

  async function fetchToken(): Promise<string> {
    const form = new URLSearchParams({ grant_type: 'client_credentials' });
    if (scopes.length > 0) form.set('scope', scopes.join(' '));
    if (audience !== undefined) form.set('audience', audience);
    const url = new URL(tokenUrl);
    const { status, body } = await call({
      url,
      method: 'POST',
      headers: {
        // RFC 6749 section 2.3.1: both parts are form-encoded first.
        authorization: writeBasic(encodeURIComponent(clientId), encodeURIComponent(await readClientSecret())),
        'content-type': 'application/x-www-form-urlencoded',
        accept: 'application/json',
      },
      body: form.toString(),
      maxBytes: maxAnswerBytes,
    });
    if (status !== 200) throw new BundleBreakage('answer', `the token service ${url.host} answered ${status}`);
    const { token, seconds } = readToken(body, url.host);
    held = { token, until: clock.monotonic() + Math.max(0, seconds - marginSeconds) * 1000 };
    return token;
  }

  return {
    async headers() {
      if (held !== undefined && clock.monotonic() < held.until) return { authorization: `Bearer ${held.token}` };
      fetching ??= fetchToken().finally(() => {
        fetching = undefined;
      });
      return { authorization: `Bearer ${await fetching}` };
    },
    async renew() {
      const had = held !== undefined;
      held = undefined;
      return had;
    },
  };
}

/** RFC 6749 section 5.1. A life that is not told is taken as short. */
function readToken(body: Buffer, host: string): { readonly token: string; readonly seconds: number } {
  let answer: { access_token?: unknown; token_type?: unknown; expires_in?: unknown };
  try {
    answer = (JSON.parse(body.toString()) ?? {}) as typeof answer;
  } catch (cause) {
    throw new BundleBreakage('answer', `the token service ${host} answered with something that is not JSON`, { cause });
  }
  const { access_token: token, token_type: type, expires_in: seconds } = answer;
  // RFC 6750 section 2.1: what may stand in the header.
  if (typeof token !== 'string' || !/^[A-Za-z0-9._~+/-]+=*$/.test(token) || String(type).toLowerCase() !== 'bearer') {
    throw new BundleBreakage('answer', `the token service ${host} gave no bearer token`);
  }
  return { token, seconds: typeof seconds === 'number' && seconds > 0 ? seconds : 60 };
}
