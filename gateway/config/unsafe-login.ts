import type { Configuration } from '../vocabulary/configuration.ts';
import type { LoginConfiguration, OidcProvider, SamlProvider } from '../vocabulary/login.ts';
import { isLoopback } from './loopback.ts';
import type { Report, SettingPath } from './problem.ts';

/**
 * Names of claims and attributes that hold an address or a name which somebody else can have next year: OpenID Connect Core section 5.7 names the
 * claims; the others are how directories write the same (RFC 4524 `mail`, Microsoft's `upn`, eduPerson's `eppn` may be reassigned).
 */
const mutable = new Set([
  'email',
  'mail',
  'emailaddress',
  'preferred_username',
  'nickname',
  'name',
  'upn',
  'eppn',
  'urn:oid:0.9.2342.19200300.100.1.3',
  'urn:oid:1.3.6.1.4.1.5923.1.1.1.6',
]);

/** Finds what would let somebody log in as somebody else. */
export function findUnsafeLogin({ login, identity }: Configuration, report: Report): void {
  if (login === undefined) return;
  checkAddress(login, report);
  checkSessions(login, report);
  if (login.oidc.length + login.saml.length === 0) report(['login'], 'nobody could log in; configure oidc or saml');
  const issuers = new Map(identity.issuers.map(({ alias, issuer }) => [alias, issuer]));
  const taken = new Set(['keys', 'regate']);
  for (const [index, provider] of login.oidc.entries()) {
    const at = ['login', 'oidc', index];
    checkProvider(provider, at, taken, report);
    // The same people under the same ids: a token of this issuer and a login at it name the same person.
    const other = issuers.get(provider.alias);
    if (other !== undefined && other !== provider.issuer) {
      report(
        [...at, 'alias'],
        'an issuer of identity.issuers with another iss has this alias; two issuers must never name the same principal',
      );
    }
    checkIssuer(provider, at, report);
  }
  for (const [index, provider] of login.saml.entries()) {
    const at = ['login', 'saml', index];
    checkProvider(provider, at, taken, report);
    if (issuers.has(provider.alias)) {
      report([...at, 'alias'], 'an issuer of identity.issuers has this alias; two issuers must never name the same principal');
    }
  }
}

function checkAddress({ publicUrl }: LoginConfiguration, report: Report): void {
  const { protocol, hostname } = new URL(publicUrl);
  if (protocol === 'http:' && !isLoopback(hostname)) {
    report(['login', 'public_url'], 'a login over plain http can be taken over on the way; use https');
  }
}

function checkSessions({ sessions }: LoginConfiguration, report: Report): void {
  const { store, secretFile, absoluteSeconds, idleSeconds } = sessions;
  if (store.kind !== 'memory' && secretFile === undefined) {
    report(
      ['login', 'sessions', 'secret_file'],
      'is missing: cookies must be verified after a restart and by every node; only the memory store goes without',
    );
  }
  if (idleSeconds > absoluteSeconds)
    report(['login', 'sessions', 'idle_seconds'], 'is longer than absolute_seconds, so it would never count');
  if (store.kind !== 'redis') return;
  const { protocol, hostname, username, password } = new URL(store.url);
  const at = ['login', 'sessions', 'store', 'url'];
  if (username !== '' || password !== '') report(at, 'a URL must hold no user name or password; use username and password_file');
  if (protocol === 'redis:' && !isLoopback(hostname))
    report(at, 'sessions over plain redis:// can be read and forged on the way; use rediss://');
  if (store.ca !== undefined && protocol !== 'rediss:') report(['login', 'sessions', 'store', 'ca'], 'is for rediss:// only');
}

function checkProvider(provider: OidcProvider | SamlProvider, at: SettingPath, taken: Set<string>, report: Report): void {
  if (taken.has(provider.alias)) {
    report([...at, 'alias'], 'this alias is taken (keys and regate are reserved); two providers must never name the same principal');
  }
  taken.add(provider.alias);
  const id = provider.subject.id.replaceAll('\\.', '.');
  const last = id.slice(id.lastIndexOf('/') + 1);
  if (mutable.has(id.toLowerCase()) || mutable.has(last.toLowerCase())) {
    report(
      [...at, 'identifiedBy' in provider ? 'subject_attribute' : 'subject'],
      'addresses and names change hands: whoever gets it next would be this person; use a stable id',
    );
  }
  if (provider.clockSkewSeconds > 300) {
    report([...at, 'clock_skew_seconds'], 'what has expired would be accepted for that long; set the clocks right and use at most 300');
  }
}

function checkIssuer({ issuer, scopes, clientSecretFile, clientAuthentication }: OidcProvider, at: SettingPath, report: Report): void {
  const { protocol, hostname, username, search, hash } = new URL(issuer);
  if (username !== '' || search !== '' || hash !== '') report([...at, 'issuer'], 'must be scheme, host and path only');
  if (protocol === 'http:' && !isLoopback(hostname)) {
    report([...at, 'issuer'], 'metadata and tokens fetched over plain http can be replaced on the way; use https');
  }
  if (!scopes.includes('openid')) report([...at, 'scopes'], 'without openid the provider gives no ID token');
  if (clientSecretFile === undefined && clientAuthentication !== 'client_secret_basic') {
    report([...at, 'client_authentication'], 'is for clients with a client_secret_file');
  }
}
