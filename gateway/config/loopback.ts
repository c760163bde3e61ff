const loopbackHosts = new Set(['127.0.0.1', '::1', 'localhost']);

/** Says whether an address or the host of a URL can be reached from this machine only. */
export function isLoopback(host: string): boolean {
  return loopbackHosts.has(host.replace(/^\[|\]$/g, '')) || /^127\.\d+\.\d+\.\d+$/.test(host);
}
