import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { isRefusal, refuse } from '../../../gateway/errors.ts';
import type { Authorize } from '../../../gateway/http/admin/authorize.ts';
import { makeMemoryShelf } from '../../../gateway/http/login/stores/memory.ts';
import { makePageTickets } from '../../../gateway/http/tokens/page-ticket.ts';
import { makeTokens } from '../../../gateway/http/tokens/tokens.ts';
import { makeMint } from '../../../gateway/mint/mint.ts';
import { openSigningKeys } from '../../../gateway/mint/signing-keys.ts';
import { newId } from '../../../gateway/observe/new-id.ts';
import { makeAccept } from '../../../gateway/pipeline/accept/accept.ts';
import { type Authenticator, makeAuthenticate } from '../../../gateway/pipeline/authenticate/authenticate.ts';
import { makeDpop } from '../../../gateway/pipeline/authenticate/dpop.ts';
import { makeJwtAuthenticator } from '../../../gateway/pipeline/authenticate/jwt.ts';
import { makeChain } from '../../../gateway/pipeline/chain/chain.ts';
import { makeContext } from '../../../gateway/pipeline/collect/context/context.ts';
import type { Revocation } from '../../../gateway/registry/revocation.ts';
import type { AdministrativeAction, Petitioner } from '../../../gateway/vocabulary/administration.ts';
import type { AuthorityConfiguration, CertificateProof } from '../../../gateway/vocabulary/certificates.ts';
import type { IssuerConfiguration } from '../../../gateway/vocabulary/configuration.ts';
import type { AdministrativeRecord } from '../../../gateway/vocabulary/record.ts';
import type { Session, Shelf } from '../../../gateway/vocabulary/session.ts';
import { freezeClock, keepLog, startOfTime } from '../../pipeline/authenticate/clock.ts';
import { claims, issuerConfiguration, keySet, mint as signAs } from '../../pipeline/authenticate/issuer.ts';

export const origin = 'https://gateway.example';
export const verifier = 'a'.repeat(43);
export const challenge = createHash('sha256').update(verifier).digest('base64url');
export const redirectUri = 'http://127.0.0.1:49152/callback';

export const ada: Session = {
  id: 'session-ada',
  person: {
    ...{ kind: 'person', id: 'okta:00u1', issuer: 'okta', method: 'oidc', roles: ['engineer'], groups: ['platform'], claims: {} },
    assurance: { mfa: true, acr: 'gold', auth_time: new Date(startOfTime - 60_000).toISOString() },
  },
  begunAt: startOfTime - 60_000,
  seenAt: startOfTime,
  endsAt: startOfTime + 8 * 3_600_000,
  authTime: startOfTime - 60_000,
  amr: ['pwd', 'mfa'],
  provider: { alias: 'okta', subject: '00u1' },
};

/** An authority whose certificates are of agents. */
const meshAuthority: AuthorityConfiguration = {
  ...{ alias: 'mesh', kind: 'workload', ca: [], crl: [], device: {} },
  subject: { from: 'spiffe', kind: 'agent', idRoles: { 'spiffe://mesh/bot': ['agent'] }, sameAs: { 'spiffe://mesh/bot': ['okta:triage'] } },
};

export const botCertificate: CertificateProof = {
  ...{ method: 'spiffe', authority: 'mesh', use: 'workload', name: 'spiffe://mesh/bot', thumbprint: 'T'.repeat(43), evidence: 'peer' },
  ...{ notBefore: startOfTime - 60_000, notAfter: startOfTime + 300_000 },
};

/** The endpoints with a mint of their own, one outside issuer, people who are logged in by a header of the test's, and a policy that the test is. */
export async function startTokens(
  t: TestContext,
  more: {
    readonly maxActors?: number;
    readonly authenticators?: readonly Authenticator[];
    readonly issuers?: readonly IssuerConfiguration[];
    /** A workload's certificate that every connection shows. */
    readonly certificate?: CertificateProof;
    /** What the shelf does before it does what it is asked. */
    readonly slow?: (shelf: Shelf) => Shelf;
  } = {},
) {
  const directory = mkdtempSync(join(tmpdir(), 'regate-tokens-'));
  const clock = freezeClock();
  const { logger, lines } = keepLog();
  const tokens = {
    ...{ issuer: origin, audience: 'regate', algorithm: 'ES256' as const, keysDirectory: directory, accessSeconds: 900 },
    maxActors: more.maxActors ?? 3,
  };
  const keys = await openSigningKeys({ directory, algorithm: 'ES256', longestLifeSeconds: 900, clock, logger });
  const makeId = () => newId(clock.now());
  const outside: IssuerConfiguration = {
    ...issuerConfiguration,
    subject: {
      kind: 'person',
      kindClaim: 'kind',
      kinds: { agent: 'agent', service: 'service' },
      id: 'sub',
      roles: 'roles',
      groupRoles: {},
    },
    actor: { kind: 'agent', kinds: {}, id: 'sub', groupRoles: {} },
  };
  const own: IssuerConfiguration = {
    ...issuerConfiguration,
    ...{ alias: 'regate', issuer: origin, jwks: { file: join(directory, 'jwks.json') }, algorithms: ['ES256'], types: ['at+jwt'] },
    maxLifetimeSeconds: 900,
  };
  const issuers = [outside, own, ...(more.issuers ?? [])];
  const dpop = makeDpop({ origins: [origin], clock });
  const authenticators = [
    ...(more.authenticators ?? []),
    makeJwtAuthenticator({ issuers, fetchKeys: async () => JSON.stringify(keySet), clock, logger, digestKey: randomBytes(32) }),
  ];
  const { certificate } = more;
  const authenticate = makeAuthenticate({
    authenticators,
    dpop,
    ...(certificate === undefined ? {} : { certificates: { mode: 'required' as const, judge: () => certificate } }),
  });
  const chain = makeChain({ issuers, clock, authorities: [meshAuthority] });
  const plain = makeAccept({ newId: makeId, clock });
  const accept: typeof plain = {
    ...plain,
    acceptHead(arrival, req) {
      const headed = plain.acceptHead(arrival, req);
      const shown = { evidence: 'peer' as const, leaf: new Uint8Array(), others: [] };
      return certificate === undefined || isRefusal(headed) ? headed : { ...headed, certificate: shown };
    },
  };
  const context = { zone: 'UTC', networks: [], headers: {}, forwardedHops: 1, deviceEvidence: 'asserted' as const };
  const contextOf = makeContext({ context, trustedProxies: [] });
  const asked: { readonly petitioner: Petitioner; readonly action: AdministrativeAction }[] = [];
  const policy = { answer: (_action: AdministrativeAction): 'deny' | 'unavailable' | Readonly<Record<string, unknown>> => ({}) };
  const authorize: Authorize = async (petitioner, action) => {
    asked.push({ petitioner, action });
    const limits = policy.answer(action);
    if (limits === 'unavailable') return { ...refuse('record.unavailable'), decisionId: 'decision' };
    if (limits === 'deny') return { ...refuse('policy.denied'), decisionId: 'decision' };
    return {
      kind: 'authorized',
      decisionId: 'decision',
      limits,
      policy: { bundle: 'b', revision: 'r', digest: 'd' },
      failed: () => undefined,
    };
  };
  const live = new Map<string, Session>([[ada.id, ada]]);
  const memory = makeMemoryShelf({ clock });
  const shelf = more.slow?.(memory) ?? memory;
  const giveTicket = () => makePageTickets({ shelf, clock, randomBytes }).give(ada.id);
  const records: AdministrativeRecord[] = [];
  const revoked: Revocation[] = [];
  const isRevoked = (id: string) => revoked.some((each) => each.id === id);
  const { door, close } = makeTokens({
    ...(certificate === undefined ? {} : { certificateOf: () => certificate.thumbprint }),
    ...{ authenticateToken: makeAuthenticate({ authenticators }), ownAlias: 'regate', labels: {}, anonymousPerSecond: 1000 },
    log: {
      append: async (entry) => void records.push(entry as AdministrativeRecord),
      enqueue: (entry) => void records.push(entry as AdministrativeRecord),
    },
    revocations: { add: async (revocation) => void revoked.push(revocation) },
    ...{ tokens, keys, mint: makeMint({ tokens, keys, clock }), accept, authenticate, chain, contextOf, authorize, dpop, shelf },
    ...{ randomBytes, newId: makeId, clock, logger },
    sessions: {
      read: async ({ headers }) => live.get(String(headers.cookie ?? '').replace('session=', '')),
      find: async (id) => live.get(id),
      touch: async () => undefined,
      end: async (id) => {
        const session = live.get(id);
        live.delete(id);
        return session;
      },
    },
  });
  const server = createServer(door).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  t.after(() => {
    close();
    server.closeAllConnections();
    server.close();
    rmSync(directory, { recursive: true, force: true });
  });

  async function post(path: string, form: Readonly<Record<string, string>> | string, headers: Readonly<Record<string, string>> = {}) {
    const body = typeof form === 'string' ? form : new URLSearchParams(form).toString();
    const answer = await fetch(base + path, {
      method: 'POST',
      body,
      redirect: 'manual',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, text, json: asJson(text) };
  }

  const asAda = { cookie: `session=${ada.id}`, 'sec-fetch-site': 'same-origin' };
  const wish = {
    ...{ response_type: 'code', client_id: 'regate-cli', redirect_uri: redirectUri, state: 'xyz' },
    ...{ code_challenge: challenge, code_challenge_method: 'S256' },
  };

  /** The person's yes, as her browser sends it. @returns the place that it is sent on to */
  async function approve(more: Readonly<Record<string, string>> = {}, headers: Readonly<Record<string, string>> = asAda) {
    const answer = await post('/auth/oauth/authorize', { ...wish, ticket: await giveTicket(), answer: 'yes', ...more }, headers);
    return { ...answer, to: answer.headers.get('location') };
  }

  async function getCode(more: Readonly<Record<string, string>> = {}): Promise<string> {
    const { to } = await approve(more);
    return new URL(to ?? '').searchParams.get('code') ?? '';
  }

  const token = (form: Readonly<Record<string, string>> | string, headers: Readonly<Record<string, string>> = {}) =>
    post('/auth/oauth/token', form, headers);
  const redeem = (code: string, more: Readonly<Record<string, string>> = {}, headers: Readonly<Record<string, string>> = {}) =>
    token(
      { grant_type: 'authorization_code', client_id: 'regate-cli', code, redirect_uri: redirectUri, code_verifier: verifier, ...more },
      headers,
    );
  const refresh = (refreshToken: string, more: Readonly<Record<string, string>> = {}, headers: Readonly<Record<string, string>> = {}) =>
    token({ grant_type: 'refresh_token', client_id: 'regate-cli', refresh_token: refreshToken, ...more }, headers);
  const get = (path: string, headers: Readonly<Record<string, string>> = {}) => fetch(base + path, { redirect: 'manual', headers });

  /** What the data port makes of a token. */
  async function present(value: string, more: { readonly scheme?: string; readonly proof?: string; readonly path?: string } = {}) {
    const { scheme = 'Bearer', proof, path = '/v1/models' } = more;
    const raw = ['host', 'x', 'authorization', `${scheme} ${value}`, ...(proof === undefined ? [] : ['dpop', proof])];
    const req = { url: path, method: 'GET', rawHeaders: raw, httpVersion: '1.1', socket: {} } as never;
    const headed = accept.acceptHead(accept.arrive(req), req);
    if ('kind' in headed) return headed;
    const proofs = await authenticate(headed);
    return 'kind' in proofs ? proofs : chain(proofs);
  }

  return {
    post,
    get,
    token,
    redeem,
    refresh,
    approve,
    getCode,
    present,
    asked,
    policy,
    live,
    clock,
    lines,
    keys,
    directory,
    shelf,
    records,
    giveTicket,
    isRevoked,
    wish,
    asAda,
  };
}

function asJson(text: string): Record<string, string | number | undefined> {
  try {
    return JSON.parse(text) as Record<string, string | number>;
  } catch {
    return {};
  }
}

/** A token of the outside issuer: an agent's own, unless told otherwise. */
export function outsideToken(more: Readonly<Record<string, unknown>> = {}): string {
  return signAs({ ...claims, sub: 'triage', kind: 'agent', roles: ['agent'], jti: `jti-${randomBytes(4).toString('hex')}`, ...more });
}

export const personToken = (more: Readonly<Record<string, unknown>> = {}): string =>
  outsideToken({ sub: '00u1', kind: 'person', roles: ['engineer'], ...more });

export const exchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange';
export const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token';

export function exchangeForm(
  subject: string,
  actor?: string,
  more: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  return {
    ...{ grant_type: exchangeGrant, subject_token: subject, subject_token_type: accessTokenType },
    ...(actor === undefined ? {} : { actor_token: actor, actor_token_type: accessTokenType }),
    ...more,
  };
}

/** Reads the claims of a JWT without believing it. */
export function claimsOf(token: unknown): Record<string, unknown> {
  return JSON.parse(Buffer.from(String(token).split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
}

export interface DpopKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export const makeDpopKey = (): DpopKey => generateKeyPairSync('ec', { namedCurve: 'P-256' });

export interface ProofOptions {
  readonly htm?: string;
  readonly htu?: string;
  readonly iat?: number;
  readonly token?: string;
  readonly jti?: string;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly signature?: string;
}

/** A DPoP proof, right unless told otherwise. */
export function proveKey(key: DpopKey, options: ProofOptions = {}): string {
  const {
    htm = 'POST',
    htu = `${origin}/auth/oauth/token`,
    iat = startOfTime / 1000,
    token,
    jti = randomBytes(8).toString('hex'),
  } = options;
  const header = { typ: 'dpop+jwt', alg: 'ES256', jwk: key.publicKey.export({ format: 'jwk' }), ...options.header };
  const ath = token === undefined ? {} : { ath: createHash('sha256').update(token).digest('base64url') };
  const input = [header, { jti, htm, htu, iat, ...ath }].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  const signature =
    options.signature ?? sign('sha256', Buffer.from(input), { key: key.privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url');
  return `${input}.${signature}`;
}
