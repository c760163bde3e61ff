import { createHash, randomBytes } from 'node:crypto';
import type { Request } from 'express';
import { jwtVerify } from 'jose';
import * as client from 'openid-client';
import { Strategy } from 'passport';
import { Breakage } from '../../../errors.ts';
import type { OidcProvider } from '../../../vocabulary/login.ts';
import { queryText, type Wish } from '../ask.ts';
import { browserOf } from '../browser.ts';
import { acrForProvider, type Proven } from '../establish.ts';
import type { MapPerson } from '../map-person.ts';
import type { Pending, PendingLogins } from '../pending.ts';
import type { RefusedLogin } from '../session-records.ts';
import type { Discovery } from './discovery.ts';

export interface OidcStrategyNeeds {
  readonly provider: OidcProvider;
  readonly discovery: Discovery;
  /** The exact redirect URI that is registered with the provider. */
  readonly redirectUri: string;
  readonly mapPerson: MapPerson;
  readonly pending: PendingLogins;
}

/** A person who is proved, and the wish with which the login was begun. */
export interface Answered {
  readonly proven: Proven;
  readonly wish: Wish;
}

/** `state`, `nonce` and code verifiers are 256 random bits each. */
const fresh = () => randomBytes(32).toString('base64url');
const stateForm = /^[A-Za-z0-9_-]{43}$/;

/** Parameters of an authorization response (RFC 6749 section 4.1.2, RFC 9207) that must not come twice: two readers could take different ones. */
const single = ['state', 'code', 'iss', 'error'];

/**
 * The authorization code flow (OpenID Connect Core section 3.1) as passport strategies. What is the same at every login is not for anybody to leave
 * out: PKCE with S256, `state`, `nonce`, a redirect URI of the gateway's own, the check of `iss` in the answer, the signature of the ID token.
 */
export class OidcStart extends Strategy {
  readonly #needs: OidcStrategyNeeds;
  readonly #wish: Wish;
  readonly #browser: string;

  constructor(needs: OidcStrategyNeeds, wish: Wish, browser: string) {
    super();
    this.#needs = needs;
    this.#wish = wish;
    this.#browser = browser;
  }

  override authenticate(_req: Request): void {
    this.#begin().then(
      (url) => this.redirect(url, 303),
      (error: unknown) => this.error(error),
    );
  }

  async #begin(): Promise<string> {
    const { provider, discovery, redirectUri, pending } = this.#needs;
    const { asked } = this.#wish;
    const { configuration } = await discovery.get();
    const [state, nonce, verifier] = [fresh(), fresh(), fresh()];
    await pending.put(state, { ...this.#wish, alias: provider.alias, browser: this.#browser, oidc: { nonce, verifier } });
    const acr = acrForProvider(asked, provider);
    return client.buildAuthorizationUrl(configuration, {
      response_type: 'code',
      redirect_uri: redirectUri,
      scope: provider.scopes.join(' '),
      state,
      nonce,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      ...(acr.length === 0 ? {} : { acr_values: acr.join(' ') }),
      ...(asked.maxAgeSeconds === undefined ? {} : { max_age: String(asked.maxAgeSeconds) }),
    }).href;
  }
}

export class OidcCallback extends Strategy {
  readonly #needs: OidcStrategyNeeds;

  constructor(needs: OidcStrategyNeeds) {
    super();
    this.#needs = needs;
  }

  override authenticate(req: Request): void {
    this.#finish(req).then(
      (outcome) => ('proven' in outcome ? this.success(outcome) : this.fail(outcome as never)),
      (error: unknown) => this.error(error),
    );
  }

  async #finish(req: Request): Promise<Answered | RefusedLogin> {
    const { provider, redirectUri, pending } = this.#needs;
    const refused = (code: RefusedLogin['code'], detail?: string): RefusedLogin => ({
      code,
      provider: provider.alias,
      ...(detail && { detail }),
    });
    const url = new URL(redirectUri);
    // The rest of the URL is the gateway's own; a forged Host or X-Forwarded-Host changes nothing.
    url.search = queryText(req.url);
    if (single.some((name) => url.searchParams.getAll(name).length > 1)) return refused('login.refused', 'a parameter came twice');
    const state = url.searchParams.get('state') ?? '';
    const begun = stateForm.test(state) ? await pending.take(state, provider.alias, browserOf(req)) : undefined;
    if (begun?.oidc === undefined) return refused('login.not-begun-here');
    if (url.searchParams.has('error')) return refused('login.denied-by-provider', nameError(url.searchParams.get('error')));
    try {
      return { proven: await this.#redeem(url, state, begun.oidc), wish: begun };
    } catch (error) {
      if (error instanceof Breakage) throw error;
      return refused('login.refused', explain(error));
    }
  }

  async #redeem(url: URL, state: string, { nonce, verifier }: NonNullable<Pending['oidc']>): Promise<Proven> {
    const { provider, discovery, mapPerson } = this.#needs;
    const { configuration, keys } = await discovery.get();
    const tokens = await client.authorizationCodeGrant(configuration, url, {
      expectedState: state,
      expectedNonce: nonce,
      pkceCodeVerifier: verifier,
      idTokenExpected: true,
    });
    // openid-client has checked the claims. It takes the way from the token endpoint for proof enough (Core section 3.1.3.7); here the signature counts.
    const { payload } = await jwtVerify(tokens.id_token ?? '', keys, {
      algorithms: [...provider.algorithms],
      issuer: provider.issuer,
      audience: provider.clientId,
      clockTolerance: provider.clockSkewSeconds,
    });
    const { sub, sid, acr, amr, auth_time: authTime } = payload;
    const methods = Array.isArray(amr) ? amr.filter((one): one is string => typeof one === 'string') : [];
    const seconds = typeof authTime === 'number' && authTime > 0 ? { authTime: authTime * 1000 } : {};
    const person = mapPerson({ claims: payload, amr: methods, ...(typeof acr === 'string' ? { acr } : {}), ...seconds });
    return {
      provider,
      person,
      amr: methods,
      ...seconds,
      names: { subject: sub ?? '', ...(typeof sid === 'string' ? { session: sid } : {}) },
      ...(tokens.id_token === undefined ? {} : { kept: { idToken: tokens.id_token } }),
    };
  }
}

/** RFC 6749 section 4.1.2.1 and OpenID Connect Core section 3.1.2.6 name the errors. Anybody can write this parameter, so only the known are recorded. */
function nameError(error: string | null): string {
  const known =
    /^(invalid_request|unauthorized_client|access_denied|unsupported_response_type|invalid_scope|server_error|temporarily_unavailable|interaction_required|login_required|account_selection_required|consent_required|unmet_authentication_requirements)$/;
  return error !== null && known.test(error) ? `the provider answered ${error}` : 'the provider answered an error that is not known';
}

/** The kind of an error of openid-client or jose: its code, never its message, which may hold a claim or a token. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return 'the answer could not be verified';
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  const inner = 'error' in error && typeof error.error === 'string' && /^[a-z_]{1,64}$/.test(error.error) ? ` (${error.error})` : '';
  const claim = 'claim' in error && typeof error.claim === 'string' ? ` (${error.claim})` : '';
  return `${code}${inner}${claim}`;
}
