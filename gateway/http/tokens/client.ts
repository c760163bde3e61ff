/** The one client that the gateway knows without being told: its own command line, a public client (RFC 8252). */
export const ownClient = 'regate-cli';

/**
 * Whether a redirect URI leads back to the command line on the same machine (RFC 8252 section 7.3): the loopback address as a number, any port, one path.
 * `localhost` may resolve to another machine (section 8.3), and userinfo, a query or a fragment have no business there.
 */
export function isLoopbackRedirect(uri: string): boolean {
  const [, port] = /^http:\/\/127\.0\.0\.1:([1-9][0-9]{0,4})\/callback$/.exec(uri) ?? [];
  return port !== undefined && Number(port) <= 65_535;
}
