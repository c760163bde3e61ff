import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { exportJWK, generateKeyPair } from 'jose';
import { Provider } from 'oidc-provider';
import type { OidcProvider } from '../../../../gateway/vocabulary/login.ts';
import { listen } from '../scene.ts';

/** Who logs in at the provider, and how. */
export interface Account {
  id: string;
  claims: Record<string, unknown>;
  acr?: string;
  amr?: string[];
}

export interface TestProvider {
  readonly issuer: string;
  /** The account that the next login is done with. */
  account: Account;
  /** Registers the gateway as a client. */
  register(gatewayUrl: string, alias: string): OidcProvider;
  /** Paths that the gateway has called, in order. */
  readonly calls: string[];
}

export const clientSecret = 'the-secret-of-the-test-client-0123456789';

/** A certified OpenID Connect provider (npm oidc-provider) whose login page lets everybody in as `account`. */
export async function startProvider(t: TestContext): Promise<TestProvider> {
  let serve: RequestListener = (_req, res) => void res.writeHead(503).end();
  const issuer = await listen(t, (req, res) => serve(req, res));
  const calls: string[] = [];
  const directory = mkdtempSync(join(tmpdir(), 'regate-client-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const secretFile = join(directory, 'secret');
  writeFileSync(secretFile, `${clientSecret}\n`);
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const jwk = { ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig', kid: 'first' };
  const made: TestProvider = {
    issuer,
    calls,
    account: { id: 'u-1', claims: { groups: ['engineers'] } },
    register(gatewayUrl, alias) {
      const provider = new Provider(issuer, {
        clients: [
          {
            client_id: 'regate',
            client_secret: clientSecret,
            redirect_uris: [`${gatewayUrl}/auth/oidc/${alias}/callback`],
            post_logout_redirect_uris: [`${gatewayUrl}/auth/logged-out`],
            backchannel_logout_uri: `${gatewayUrl}/auth/oidc/${alias}/backchannel-logout`,
            backchannel_logout_session_required: true,
            require_auth_time: true,
          },
        ],
        jwks: { keys: [jwk] },
        cookies: { keys: ['cookie-key-of-the-test-provider'] },
        acrValues: ['silver', 'gold'],
        pkce: { required: () => true },
        claims: { openid: ['sub', 'groups', 'email', 'sid', 'acr', 'amr', 'auth_time'] },
        // The provider's own fetch refuses addresses of this machine.
        fetch: (url, options) => fetch(url, Object.fromEntries(Object.entries(options ?? {}).filter(([name]) => name !== 'dispatcher'))),
        conformIdTokenClaims: false,
        features: { devInteractions: { enabled: false }, backchannelLogout: { enabled: true }, rpInitiatedLogout: { enabled: true } },
        interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
        findAccount: (_ctx, id) => ({ accountId: id, claims: async () => ({ sub: id, ...made.account.claims }) }),
        async loadExistingGrant(ctx) {
          const { client, session } = ctx.oidc;
          const grant = new provider.Grant({ clientId: client?.clientId ?? '', accountId: session?.accountId ?? '' });
          grant.addOIDCScope('openid');
          await grant.save();
          return grant;
        },
      });
      const callback = provider.callback();
      serve = (req, res) => {
        calls.push(`${req.method} ${(req.url ?? '').split('?')[0]}`);
        if (!req.url?.startsWith('/interaction/')) return void callback(req, res);
        const { id, acr, amr } = made.account;
        const login = { accountId: id, ...(acr === undefined ? {} : { acr }), ...(amr === undefined ? {} : { amr }) };
        void provider.interactionFinished(req, res, { login }, { mergeWithLastSubmission: false });
      };
      return { ...describeProvider(issuer, alias), clientSecretFile: secretFile };
    },
  };
  return made;
}

/** The gateway's side of it. */
export function describeProvider(issuer: string, alias: string): OidcProvider {
  return {
    alias,
    name: `Example ${alias}`,
    issuer,
    clientId: 'regate',
    clientAuthentication: 'client_secret_basic',
    scopes: ['openid'],
    algorithms: ['RS256'],
    subject: { kind: 'person', kinds: {}, id: 'sub', groups: 'groups', groupRoles: { engineers: ['engineer'] } },
    claims: ['email'],
    mfa: { amr: ['mfa'], acr: ['gold'] },
    clockSkewSeconds: 30,
  };
}
