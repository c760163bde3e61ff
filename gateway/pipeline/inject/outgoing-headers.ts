import type { Dialect } from '../../backends/dialect.ts';
import type { Accepted } from '../../vocabulary/request.ts';

/**
 * Names that no policy may set: they decide who is asking, how long the message is, and where it goes, or they belong to one connection only
 * (RFC 9110 section 7.6.1).
 */
const ours: ReadonlySet<string> = new Set([
  'authorization',
  'x-api-key',
  'api-key',
  'cookie',
  'host',
  'content-length',
  'content-type',
  'content-encoding',
  'accept-encoding',
  'expect',
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

export interface OutgoingParts {
  readonly host: string;
  readonly userAgent: string;
  readonly dialect: Dialect;
  /** Name and value of the header that shows the backend's credential. */
  readonly credential: readonly [name: string, value: string];
  /** From the `headers` obligation. */
  readonly obliged: Readonly<Record<string, string>>;
  readonly accepted: Pick<Accepted, 'headers' | 'trace'>;
  /** The gateway's own place in the trace, where it has one; the caller's is then not passed on. */
  readonly traceparent?: string | undefined;
  /** `undefined` where there is no body. */
  readonly bodyBytes: number | undefined;
}

/**
 * Builds the whole head that goes to a backend, from nothing: whatever a caller sent and is not named here stays behind. What the gateway itself
 * says is set last, so nothing can stand in its place.
 *
 * @returns the headers, or the name of a header that an obligation may not set
 */
export function buildOutgoingHeaders(parts: OutgoingParts): { readonly headers: Record<string, string> } | { readonly forbidden: string } {
  const { dialect, accepted } = parts;
  const headers: Record<string, string> = { ...dialect.requiredHeaders };
  for (const name of dialect.requestHeaders) {
    const values = accepted.headers.get(name);
    if (values !== undefined && values.length > 0) headers[name] = values.join(', ');
  }
  if (parts.traceparent !== undefined) headers['traceparent'] = parts.traceparent;
  else if (accepted.trace !== undefined) {
    const traceparent = accepted.headers.get('traceparent')?.[0];
    if (traceparent !== undefined) headers['traceparent'] = traceparent;
  }
  for (const name of Object.keys(parts.obliged)) {
    const plain = name.toLowerCase();
    if (ours.has(plain)) return { forbidden: plain };
    headers[plain] = parts.obliged[name] ?? '';
  }
  headers['host'] = parts.host;
  headers['user-agent'] = parts.userAgent;
  headers['accept'] = 'application/json';
  // Usage is read from the answer as it passes, so it must come as it is.
  headers['accept-encoding'] = 'identity';
  if (parts.bodyBytes !== undefined) {
    headers['content-type'] = 'application/json';
    headers['content-length'] = String(parts.bodyBytes);
  }
  headers[parts.credential[0]] = parts.credential[1];
  return { headers };
}
