import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import jwt from 'jsonwebtoken';

/** The demo's own issuer. The name cannot be registered (RFC 6761), so no real token can ever bear it. */
export const demoIssuer = 'https://idp.demo.invalid';
export const demoAudience = 'regate-demo';
const keyId = 'demo';
const lifetime = '12h';

const laptop = { id: 'laptop-ada', managed: true, os: 'macOS' };
const ada = { sub: 'ada', kind: 'person', roles: ['engineer'], groups: ['platform-team'] };
const carl = { sub: 'carl', kind: 'person', roles: ['contractor'], groups: [] };
const olga = { sub: 'olga', kind: 'person', roles: ['gateway-admin'], groups: [] };
const buildBot = { sub: 'build-bot', kind: 'service', roles: ['service'] };
const triageAgent = { sub: 'triage-agent', kind: 'agent', roles: ['agent'] };

/**
 * Who calls in the demo: name of the token → its claims. Delegation nests as RFC 8693 section 4.1 has it: the outermost `act` is the caller, and
 * what it holds inside acted before it.
 */
const callers: Readonly<Record<string, object>> = {
  engineer: { ...ada, device: laptop },
  'engineer-personal-laptop': { ...ada, device: { id: 'macbook-home', managed: false, os: 'macOS' } },
  administrator: { ...olga, device: { id: 'laptop-olga', managed: true, os: 'Linux' } },
  contractor: { ...carl, device: { id: 'laptop-carl', managed: true, os: 'Windows' } },
  'service-for-engineer': { ...ada, device: laptop, act: buildBot },
  'agent-for-service': { ...ada, device: laptop, act: { ...triageAgent, act: buildBot } },
};

/** The key pair of the demo's issuer. */
export function makeIssuerKey(): { readonly privateKey: string } {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

/** The public half as a JWK Set (RFC 7517 section 5). */
export function publishKeys(privateKey: string): { readonly keys: readonly object[] } {
  const key: KeyObject = createPublicKey(privateKey);
  return { keys: [{ ...key.export({ format: 'jwk' }), kid: keyId, alg: 'ES256', use: 'sig' }] };
}

/** Makes the mint of the demo's issuer: an access token (RFC 9068) with these claims. */
export function makeDemoMint(privateKey: string, newId: () => string): (claims: object) => string {
  return (claims) =>
    jwt.sign(claims, privateKey, {
      algorithm: 'ES256',
      keyid: keyId,
      header: { alg: 'ES256', typ: 'at+jwt' },
      issuer: demoIssuer,
      audience: demoAudience,
      expiresIn: lifetime,
      jwtid: newId(),
    });
}

/** A token for each caller of the demo: name → token. */
export function mintTokens(mint: (claims: object) => string): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(callers).map(([name, claims]) => [name, mint(claims)]));
}
