import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { isRefusal } from '../../../gateway/errors.ts';
import { makeJwtAuthenticator } from '../../../gateway/pipeline/authenticate/jwt.ts';
import { seal } from '../../../gateway/secret.ts';
import type { IssuerConfiguration } from '../../../gateway/vocabulary/configuration.ts';
import type { Proof } from '../../../gateway/vocabulary/proofs.ts';
import { freezeClock, keepLog, startOfTime } from './clock.ts';

export const nowSeconds = startOfTime / 1000;

/** Keys are slow to make, so every test file shares a few. */
export const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const otherRsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
export const ed = generateKeyPairSync('ed25519');

export function jwk(key: KeyObject, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { ...key.export({ format: 'jwk' }), ...more };
}

export const keySet = {
  keys: [
    jwk(rsa.publicKey, { kid: 'rsa-1', alg: 'RS256', use: 'sig' }),
    jwk(ec.publicKey, { kid: 'ec-1', alg: 'ES256' }),
    jwk(ed.publicKey, { kid: 'ed-1' }),
  ],
};

export const issuerConfiguration: IssuerConfiguration = {
  alias: 'okta',
  issuer: 'https://issuer.example',
  jwks: { url: 'https://issuer.example/keys' },
  audiences: ['regate'],
  algorithms: ['RS256', 'ES256', 'EdDSA'],
  types: ['at+jwt', 'JWT', 'none'],
  clockSkewSeconds: 30,
  maxLifetimeSeconds: 86_400,
  subject: { kind: 'person', kinds: {}, id: 'sub', groupRoles: {} },
  maxActors: 3,
  claims: [],
};

export const claims = {
  iss: 'https://issuer.example',
  sub: '00u1',
  aud: 'regate',
  iat: nowSeconds - 60,
  exp: nowSeconds + 3600,
};

export const rsaHeader = { alg: 'RS256', kid: 'rsa-1', typ: 'at+jwt' };

export const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** Signs whatever it is given: texts stay as they are, so that a test can write what no library would. */
export function mint(payload: unknown, header: unknown = rsaHeader, key: KeyObject = rsa.privateKey): string {
  const input = `${encode(header)}.${encode(payload)}`;
  return `${input}.${signWith(key, input)}`;
}

function signWith(key: KeyObject, input: string): string {
  const bytes = Buffer.from(input);
  if (key.asymmetricKeyType === 'ed25519') return sign(null, bytes, key).toString('base64url');
  return sign('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
}

/** An authenticator with a stopped clock, an issuer that never fails, and a count of how often its keys were fetched. */
export function makeBench(more: Partial<IssuerConfiguration> = {}, others: readonly IssuerConfiguration[] = []) {
  const clock = freezeClock();
  const { logger, lines } = keepLog();
  const fetched: string[] = [];
  let answer: () => string = () => JSON.stringify(keySet);
  const revoked = new Set<unknown>();
  const authenticate = makeJwtAuthenticator({
    issuers: [{ ...issuerConfiguration, ...more }, ...others],
    fetchKeys: async ({ url }) => {
      fetched.push(url);
      return answer();
    },
    clock,
    logger,
    digestKey: Buffer.alloc(32, 7),
    isRevoked: (proof) => revoked.has(proof.claims['jti']),
    cacheCapacity: 100,
  });
  const ask = async (token: string): Promise<Proof | string> => {
    const result = await authenticate(seal(token));
    if (result === undefined) return 'not mine';
    return isRefusal(result) ? result.code : result;
  };
  const publish = (next: () => string): void => {
    answer = next;
  };
  return { ask, clock, lines, fetched, revoked, publish };
}

/** What one token comes to: the code of its refusal, or `accepted`. */
export async function verdict(token: string, more: Partial<IssuerConfiguration> = {}): Promise<string> {
  const result = await makeBench(more).ask(token);
  return typeof result === 'string' ? result : 'accepted';
}
