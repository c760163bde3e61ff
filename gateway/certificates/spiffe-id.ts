/** A SPIFFE ID, taken apart. */
export interface SpiffeId {
  readonly trustDomain: string;
  /** Begins with a slash; empty for the trust domain itself. */
  readonly path: string;
}

/** The SPIFFE ID standard, sections 2.1 to 2.3: this alphabet and nothing else, so there is no case, encoding, port or query to differ over. */
const form = /^spiffe:\/\/([a-z0-9._-]{1,255})((?:\/[A-Za-z0-9._-]+)*)$/;
const longest = 2048;

/** Reads a SPIFFE ID; `undefined` for anything that is none, `.` and `..` segments included. */
export function readSpiffeId(text: string): SpiffeId | undefined {
  if (text.length > longest) return undefined;
  const [, trustDomain, path = ''] = form.exec(text) ?? [];
  if (trustDomain === undefined || path.split('/').some((segment) => segment === '.' || segment === '..')) return undefined;
  return { trustDomain, path };
}
