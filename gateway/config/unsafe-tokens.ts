import type { Configuration } from '../vocabulary/configuration.ts';
import { isLoopback } from './loopback.ts';
import type { Report } from './problem.ts';

/** The gateway's own tokens: nobody reads them on the way, and nobody else makes them. */
export function checkTokens({ tokens, login, identity }: Configuration, report: Report): void {
  if (tokens === undefined) return;
  const { protocol, hostname } = new URL(tokens.issuer);
  if (protocol === 'http:' && !isLoopback(hostname)) {
    report(['tokens', 'issuer'], 'tokens that are asked for over plain http can be read on the way; use https');
  }
  if (login !== undefined && login.publicUrl !== tokens.issuer) {
    report(['tokens', 'issuer'], 'must be the same as login.public_url: people log in and get tokens at one gateway');
  }
  for (const [index, { issuer }] of identity.issuers.entries()) {
    if (issuer !== tokens.issuer) continue;
    report(['identity', 'issuers', index, 'issuer'], 'this is the gateway itself; nobody else may sign in its name');
  }
}
