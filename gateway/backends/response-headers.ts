/**
 * Headers of any backend's answer that mean something to a caller. Whatever is not listed stays here: `set-cookie` and `server` tell of the
 * backend's account and machinery, `connection`, `transfer-encoding` and the like belong to the other connection (RFC 9110 section 7.6.1),
 * `location` would send the caller's SDK past the gateway, and `strict-transport-security` or `alt-svc` would speak for the gateway's host.
 * `content-length` is passed by the proxy itself, where it still holds.
 */
const common = ['content-type', 'content-encoding', 'content-language', 'retry-after', 'retry-after-ms', 'x-request-id', 'x-should-retry'];

/** Makes a dialect's test: the common headers, its own, and those that begin with one of its prefixes. All lower-case. */
export function passer(own: readonly string[], prefixes: readonly string[]): (header: string) => boolean {
  const names: ReadonlySet<string> = new Set([...common, ...own]);
  return (header) => names.has(header) || prefixes.some((prefix) => header.startsWith(prefix));
}
