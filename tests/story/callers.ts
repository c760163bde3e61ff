import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { StoredKey } from '../../gateway/registry/key-document.ts';
import { makeKeyText } from '../../gateway/registry/key-format.ts';
import { makePepper } from '../../gateway/registry/pepper.ts';

/** Who calls in the stories, and with what. */

export const issuerUrl = 'https://idp.stories.invalid';
export const audience = 'regate-stories';
export const pepper = Buffer.alloc(32, 9);

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ed = generateKeyPairSync('ed25519');
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });

/** What the issuer publishes. */
export const jwks = {
  keys: [
    { ...rsa.publicKey.export({ format: 'jwk' }), kid: 'rsa', alg: 'RS256', use: 'sig' },
    { ...ec.publicKey.export({ format: 'jwk' }), kid: 'ec', alg: 'ES256', use: 'sig' },
    { ...ed.publicKey.export({ format: 'jwk' }), kid: 'ed', alg: 'EdDSA', use: 'sig' },
  ],
};

const laptop = { id: 'laptop-ada', managed: true, os: 'macOS' };
const ada = {
  sub: 'ada',
  kind: 'person',
  roles: ['engineer'],
  groups: ['platform-team'],
  department: 'engines',
  email: 'ada@stories.invalid',
};
const buildBot = { sub: 'build-bot', kind: 'service', roles: ['service'] };
const triageAgent = { sub: 'triage-agent', kind: 'agent', roles: ['agent'] };

/** Name of a caller → the claims of its token. */
export const callers: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  engineer: { ...ada, device: laptop },
  'engineer-on-a-personal-laptop': { ...ada, device: { ...laptop, id: 'macbook-home', managed: false } },
  'engineer-without-a-device': ada,
  contractor: { sub: 'carl', kind: 'person', roles: ['contractor'], groups: [], device: { id: 'laptop-carl', managed: true } },
  helpdesk: { sub: 'hana', kind: 'person', roles: ['helpdesk'], groups: [] },
  auditor: { sub: 'otto', kind: 'person', roles: ['auditor'], groups: [] },
  'without-roles': { sub: 'nina', kind: 'person', roles: [], groups: [] },
  service: { ...buildBot, groups: [] },
  agent: { ...triageAgent, groups: [] },
  'service-for-engineer': { ...ada, device: laptop, act: buildBot },
  'agent-for-service': { ...ada, device: laptop, act: { ...triageAgent, act: buildBot } },
};

/** Ways in which a token can be wrong. */
export const flaws = [
  'alg-none',
  'hs256-with-the-rsa-key',
  'unknown-kid',
  'unknown-issuer',
  'wrong-audience',
  'no-audience',
  'expired',
  'no-expiry',
  'not-yet-valid',
  'tampered',
  'strangers-key',
  'id-token-type',
] as const;
export type Flaw = (typeof flaws)[number];

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

interface Minting {
  readonly now: number;
  readonly algorithm?: 'RS256' | 'ES256' | 'EdDSA';
  readonly flaw?: Flaw;
  readonly id: string;
}

/** Mints a token with these claims, or one that is wrong in one way. `now` in milliseconds. */
export function mintToken(claims: Readonly<Record<string, unknown>>, { now, algorithm = 'RS256', flaw, id }: Minting): string {
  const at = Math.floor(now / 1000);
  const kids = { RS256: 'rsa', ES256: 'ec', EdDSA: 'ed' };
  const keys: Readonly<Record<string, KeyObject>> = { RS256: rsa.privateKey, ES256: ec.privateKey, EdDSA: ed.privateKey };
  const payload: Record<string, unknown> = { iss: issuerUrl, aud: audience, iat: at, exp: at + 3600, jti: id, ...claims };
  const header: Record<string, unknown> = { alg: algorithm, kid: kids[algorithm], typ: 'at+jwt' };
  let key = keys[algorithm] ?? rsa.privateKey;
  if (flaw === 'alg-none') header['alg'] = 'none';
  if (flaw === 'hs256-with-the-rsa-key') header['alg'] = 'HS256';
  if (flaw === 'unknown-kid') header['kid'] = 'nobody';
  if (flaw === 'id-token-type') header['typ'] = 'id+jwt';
  if (flaw === 'unknown-issuer') payload['iss'] = 'https://idp.elsewhere.invalid';
  if (flaw === 'wrong-audience') payload['aud'] = 'another-api';
  if (flaw === 'no-audience') delete payload['aud'];
  if (flaw === 'no-expiry') delete payload['exp'];
  if (flaw === 'expired') Object.assign(payload, { iat: at - 7200, exp: at - 3600 });
  if (flaw === 'not-yet-valid') Object.assign(payload, { nbf: at + 3000, exp: at + 3600 });
  if (flaw === 'strangers-key') key = stranger.privateKey;
  const input = `${encode(header)}.${encode(payload)}`;
  if (flaw === 'alg-none') return `${input}.`;
  if (flaw === 'hs256-with-the-rsa-key') {
    const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' });
    return `${input}.${createHmac('sha256', pem).update(input).digest('base64url')}`;
  }
  const signature = signWith(key, Buffer.from(input));
  if (flaw !== 'tampered') return `${input}.${signature}`;
  return `${encode(header)}.${encode({ ...payload, roles: ['engineer', 'root'] })}.${signature}`;
}

function signWith(key: KeyObject, bytes: Buffer): string {
  if (key.asymmetricKeyType === 'ed25519') return sign(null, bytes, key).toString('base64url');
  return sign('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
}

type KeyFacts = Pick<StoredKey, 'kind' | 'owner' | 'roles'> & Partial<Pick<StoredKey, 'expires_at' | 'revoked_at' | 'scopes'>>;

const holders: Readonly<Record<string, KeyFacts>> = {
  'nightly-job': { kind: 'service', owner: { kind: 'team', id: 'platform' }, roles: ['service'] },
  'embed-job': { kind: 'service', owner: { kind: 'team', id: 'search' }, roles: ['service'], scopes: ['llm:embed'] },
  'triage-key': { kind: 'agent', owner: { kind: 'person', id: 'ada' }, roles: ['agent'] },
  'expired-key': { kind: 'service', owner: { kind: 'team', id: 'platform' }, roles: ['service'], expires_at: '2025-01-01T00:00:00Z' },
  'revoked-key': { kind: 'service', owner: { kind: 'team', id: 'platform' }, roles: ['service'], revoked_at: '2026-01-01T00:00:00Z' },
};

function makeKeys() {
  const digester = makePepper(pepper);
  return Object.entries(holders).map(([name, facts], index) => {
    // Never the same bytes twice, and the same in every run.
    let drawn = 0;
    const { id, text } = makeKeyText((size) => Uint8Array.from({ length: size }, () => (index * 37 + ++drawn * 7) % 200));
    const stored: StoredKey = {
      groups: [],
      scopes: [],
      claims: {},
      ...facts,
      id,
      name,
      created_at: '2025-01-01T00:00:00Z',
      hash: digester.digest(text).toString('hex'),
    };
    return { name, text, stored };
  });
}

const keys = makeKeys();

/** Name of a virtual key → its text. */
export const virtualKeys: ReadonlyMap<string, string> = new Map(keys.map(({ name, text }) => [name, text]));
export const storedKeys: readonly StoredKey[] = keys.map(({ stored }) => stored);
