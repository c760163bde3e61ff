import { createHash } from 'node:crypto';
import type { TestContext } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { OidcProvider } from '../../../../gateway/vocabulary/login.ts';
import type { Browser, Seen } from '../browser.ts';
import { listen, openScene, type Scene } from '../scene.ts';
import { describeProvider } from './provider.ts';

/** A provider whose every word the test can bend. */
export interface HostileProvider {
  readonly issuer: string;
  /** Bodies of the token requests that came, in order. */
  readonly tokenRequests: URLSearchParams[];
  /** Changes the metadata. */
  metadata: Record<string, unknown>;
  /** Makes the ID token for a login. By default a right one. */
  idToken: (claims: Record<string, unknown>) => Promise<string>;
  /** Signs with the provider's own key. */
  sign(claims: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>;
}

export async function startHostileProvider(t: TestContext): Promise<HostileProvider> {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), alg: 'RS256', use: 'sig', kid: 'k1' };
  let nonce = '';
  const issuer = await listen(t, async (req, res) => {
    const url = new URL(req.url ?? '', 'http://here');
    const json = (value: unknown, status = 200) =>
      void res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    if (url.pathname === '/.well-known/openid-configuration') return json({ ...defaults(), ...provider.metadata });
    if (url.pathname === '/jwks') return json({ keys: [jwk] });
    if (url.pathname === '/authorize') {
      nonce = url.searchParams.get('nonce') ?? '';
      const target = new URL(url.searchParams.get('redirect_uri') ?? '');
      target.searchParams.set('code', 'the-code');
      target.searchParams.set('state', url.searchParams.get('state') ?? '');
      target.searchParams.set('iss', provider.issuer);
      return void res.writeHead(302, { location: target.href }).end();
    }
    if (url.pathname === '/token') {
      let body = '';
      for await (const chunk of req) body += String(chunk);
      provider.tokenRequests.push(new URLSearchParams(body));
      const now = Math.floor(Date.now() / 1000);
      const claims = {
        iss: provider.issuer,
        aud: 'regate',
        sub: 'u-1',
        iat: now,
        exp: now + 300,
        auth_time: now,
        nonce,
        sid: 's-1',
        groups: ['engineers'],
      };
      return json({ access_token: 'opaque', token_type: 'Bearer', expires_in: 300, id_token: await provider.idToken(claims) });
    }
    return json({ error: 'not_found' }, 404);
  });
  const defaults = () => ({
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/jwks`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256', 'HS256', 'none'],
    authorization_response_iss_parameter_supported: true,
    code_challenge_methods_supported: ['S256'],
  });
  const sign: HostileProvider['sign'] = (claims, header = {}) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'k1', ...header }).sign(privateKey);
  const provider: HostileProvider = { issuer, tokenRequests: [], metadata: {}, sign, idToken: (claims) => sign(claims) };
  return provider;
}

export interface HostileScene extends Scene {
  readonly provider: HostileProvider;
  /** Goes as far as the callback and gives its URL, unvisited. */
  callbackUrl(browser: Browser, query?: string): Promise<URL>;
  /** A whole login. */
  logIn(browser: Browser): Promise<Seen>;
  why(): string | undefined;
}

/** The gateway's pages with one hostile provider. */
export async function openHostileScene(
  t: TestContext,
  change: (provider: OidcProvider) => OidcProvider = (provider) => provider,
): Promise<HostileScene> {
  const provider = await startHostileProvider(t);
  const scene = await openScene(t, { oidc: () => [change(describeProvider(provider.issuer, 'okta'))] });
  const callbackUrl = async (browser: Browser, query = ''): Promise<URL> =>
    new URL((await browser.follow(`${scene.url}/auth/oidc/okta/start${query}`, { until: '/callback' })).url);
  return {
    ...scene,
    provider,
    callbackUrl,
    logIn: async (browser) => browser.visit((await callbackUrl(browser)).href),
    why: () => scene.recorded('sessions.refuse').at(-1)?.detail,
  };
}

/** The S256 challenge of a verifier (RFC 7636 section 4.2). */
export function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url');
}

/** Asserts nothing: whether a browser is logged in. */
export async function isLoggedIn(scene: Scene, browser: Browser): Promise<boolean> {
  return (await browser.visit(`${scene.url}/auth/me`)).status === 200;
}
