import type { Configuration } from '../vocabulary/configuration.ts';
import type { Problem } from './problem.ts';

const loopbackHosts = new Set(['127.0.0.1', '::1', 'localhost']);

/** Says whether a listening address can be reached from this machine only. */
export function isLoopback(host: string): boolean {
  return loopbackHosts.has(host) || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** The gateway does not start when it would be unsafe. Each finding says why, and what to set instead. */
export function findUnsafe(configuration: Configuration, problem: (found: Problem) => void): void {
  const { listen, doors, identity, context } = configuration;
  if (listen.tls.mode === 'plaintext' && !listen.tls.force && !isLoopback(listen.host)) {
    problem({
      path: 'listen.tls.mode',
      message:
        'plaintext on an address that others can reach would show every token; use files, or set force: true behind a TLS terminator',
    });
  }
  if (listen.tls.mode === 'development' && !isLoopback(listen.host)) {
    problem({
      path: 'listen.tls.mode',
      message: 'the development certificate is for localhost only; use mode: files with a real certificate',
    });
  }
  if (identity.issuers.length === 0 && identity.keys === undefined) {
    problem({ path: 'identity', message: 'nobody could authenticate; configure issuers or keys' });
  }
  const aliases = new Set(['keys']);
  const issuers = new Set<string>();
  for (const [index, issuer] of identity.issuers.entries()) {
    const at = `identity.issuers.${index}`;
    if (aliases.has(issuer.alias)) problem({ path: `${at}.alias`, message: `the alias ${issuer.alias} is taken` });
    if (issuers.has(issuer.issuer))
      problem({ path: `${at}.issuer`, message: 'two entries have this issuer; a token must belong to exactly one' });
    aliases.add(issuer.alias);
    issuers.add(issuer.issuer);
    if ('url' in issuer.jwks) checkJwksUrl(issuer.jwks.url, at, problem);
  }
  if (doors.port !== 0 && doors.port === listen.port) problem({ path: 'doors.port', message: 'must differ from listen.port' });
  try {
    new Intl.DateTimeFormat('en', { timeZone: context.zone });
  } catch {
    problem({ path: 'context.zone', message: 'not a time zone that this machine knows; use an IANA name such as Europe/Berlin' });
  }
  const proxiedHeaders = Object.values(context.headers).length > 0;
  if (proxiedHeaders && listen.trustedProxies.length === 0) {
    problem({ path: 'context.headers', message: 'these headers would never count: listen.trusted_proxies is empty' });
  }
}

function checkJwksUrl(url: string, at: string, problem: (found: Problem) => void): void {
  if (url === '') {
    problem({ path: at, message: 'set exactly one of jwks_url and jwks_file' });
    return;
  }
  const { protocol, hostname } = new URL(url);
  if (protocol === 'http:' && !isLoopback(hostname.replace(/^\[|\]$/g, ''))) {
    problem({ path: `${at}.jwks_url`, message: 'keys fetched over plain http can be replaced on the way; use https' });
  }
}
