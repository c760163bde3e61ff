import type { Configuration } from '../vocabulary/configuration.ts';
import { checkBundles } from './bundles.ts';
import { checkCandidate } from './candidate.ts';
import { checkClientCertificates } from './client-certificates.ts';
import { checkDeviceToken } from './device-token.ts';
import { isLoopback } from './loopback.ts';
import type { Report, SettingPath } from './problem.ts';
import { findUnsafeLogin } from './unsafe-login.ts';
import { checkRecord } from './unsafe-record.ts';
import { checkTokens } from './unsafe-tokens.ts';
import { checkVerification } from './verification.ts';

/** Headers whose value a record must never hold, or that say something else already. */
const reservedHeaders = new Set([
  'authorization',
  'x-api-key',
  'proxy-authorization',
  'cookie',
  'host',
  'content-length',
  'x-forwarded-for',
  'forwarded',
  'client-cert',
  'client-cert-chain',
  'x-forwarded-client-cert',
]);

/** The widest ranges that are anybody's own: 10.0.0.0/8 (RFC 1918) and fc00::/7 (RFC 4193). Two halves of the internet are everybody, too. */
const widestV4 = 8;
const widestV6 = 7;

/** Beyond this a difference of clocks is a longer life for every token that has expired. */
const mostSkewSeconds = 300;

/** The gateway does not start when it would be unsafe. Each finding says why, and what to set instead. */
export function findUnsafe(configuration: Configuration, report: Report): void {
  checkListeners(configuration, report);
  checkClientCertificates(configuration, report);
  checkIdentity(configuration, report);
  checkContext(configuration, report);
  checkDeviceToken(configuration, reservedHeaders, report);
  checkTokens(configuration, report);
  checkTraces(configuration, report);
  checkVerification(configuration.policy.verification, report);
  checkRecord(configuration.record, report);
  checkBundles(configuration.policy, report);
  checkCandidate(configuration.policy, report);
  findUnsafeLogin(configuration, report);
}

function checkListeners({ listen, doors, admin }: Configuration, report: Report): void {
  if (listen.tls.mode === 'plaintext' && !listen.tls.force && !isLoopback(listen.host)) {
    report(
      ['listen', 'tls', 'mode'],
      'plaintext on an address that others can reach would show every token; use files, or set force: true behind a TLS terminator',
    );
  }
  if (listen.tls.mode === 'development' && !isLoopback(listen.host)) {
    report(['listen', 'tls', 'mode'], 'the development certificate is for localhost only; use mode: files with a real certificate');
  }
  if (doors.port !== 0 && doors.port === listen.port) report(['doors', 'port'], 'must differ from listen.port');
  if (admin !== undefined) {
    if (listen.tls.mode === 'plaintext' && !listen.tls.force && !isLoopback(admin.host)) {
      report(['admin', 'host'], 'without TLS the administrative doors would show every credential; listen on loopback, or use listen.tls');
    }
    const taken = [listen.port, doors.port];
    if (admin.port !== 0 && taken.includes(admin.port)) report(['admin', 'port'], 'must differ from listen.port and doors.port');
  }
  if (listen.proxyProtocol === true && listen.trustedProxies.length === 0) {
    report(['listen', 'proxy_protocol'], 'this header would never count: listen.trusted_proxies is empty');
  }
  for (const [index, cidr] of listen.trustedProxies.entries()) {
    const [address = '', prefix = ''] = cidr.split('/');
    if (Number(prefix) >= (address.includes(':') ? widestV6 : widestV4)) continue;
    report(
      ['listen', 'trusted_proxies', index],
      'this range is wider than any private network, so callers could forge their context; name your proxies',
    );
  }
}

function checkIdentity({ identity, listen }: Configuration, report: Report): void {
  const { issuers, keys, revocations, database } = identity;
  const hasWorkloads = listen.clientCertificates?.authorities.some(({ kind }) => kind === 'workload') === true;
  if (keys !== undefined && (keys.file === undefined) === (database === undefined)) {
    report(
      ['identity', 'keys'],
      'keys are kept in a file or in identity.database; set exactly one of identity.keys.file and identity.database',
    );
  }
  if (revocations !== undefined && database !== undefined) {
    report(['identity', 'revocations'], 'revocations are kept in identity.database, where every node sees them; leave the file out');
  }
  if (issuers.length === 0 && keys === undefined && !hasWorkloads) {
    report(['identity'], 'nobody could authenticate; configure issuers, keys, or an authority of client certificates');
  }
  const aliases = new Set(['keys', 'regate']);
  const names = new Set<string>();
  for (const [index, issuer] of issuers.entries()) {
    const at = ['identity', 'issuers', index];
    if (aliases.has(issuer.alias)) {
      report([...at, 'alias'], 'this alias is taken (keys and regate are reserved); two issuers must never name the same principal');
    }
    if (names.has(issuer.issuer)) report([...at, 'issuer'], 'two entries have this issuer; a token must belong to exactly one');
    aliases.add(issuer.alias);
    names.add(issuer.issuer);
    if (issuer.clockSkewSeconds > mostSkewSeconds) {
      report(
        [...at, 'clock_skew_seconds'],
        `expired tokens would be accepted for that long; set the clocks right and use at most ${mostSkewSeconds}`,
      );
    }
    if ('url' in issuer.jwks) checkJwksUrl(issuer.jwks.url, [...at, 'jwks_url'], report);
  }
}

function checkJwksUrl(url: string, at: SettingPath, report: Report): void {
  const { protocol, hostname, username, password } = new URL(url);
  if (username !== '' || password !== '') report(at, 'a URL must hold no user name or password; keys are public');
  if (protocol === 'http:' && !isLoopback(hostname)) {
    report(at, 'keys fetched over plain http can be replaced on the way; use https');
  }
}

function checkContext({ context, listen }: Configuration, report: Report): void {
  if (!isZone(context.zone)) {
    report(['context', 'zone'], 'not a time zone that this machine knows; use an IANA name such as Europe/Berlin');
  }
  const taken = new Set<string>();
  for (const [setting, header] of Object.entries(context.headers)) {
    const at = ['context', 'headers', setting.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)];
    if (reservedHeaders.has(header)) report(at, 'this header has a meaning of its own; take one that only your proxy sets');
    if (taken.has(header)) report(at, 'another setting reads this header; each fact needs its own');
    taken.add(header);
  }
  if (taken.size > 0 && listen.trustedProxies.length === 0) {
    report(['context', 'headers'], 'these headers would never count: listen.trusted_proxies is empty');
  }
}

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function checkTraces({ traces }: Configuration, report: Report): void {
  if (traces === undefined) return;
  const { protocol, hostname, username, password } = new URL(traces.url);
  if (username !== '' || password !== '') report(['traces', 'url'], 'a URL must hold no user name or password; use headers');
  if (protocol === 'http:' && !isLoopback(hostname)) {
    report(['traces', 'url'], 'who asks for what would be readable on the way; use https, or a collector on this machine');
  }
}
