import type { Request } from 'express';

/**
 * Whether a request that changes something comes from a page of this gateway. Browsers say so in `Sec-Fetch-Site` (Fetch Metadata), older ones in
 * `Origin`; neither can be set by a page. A client that says nothing is refused: these doors are for browsers.
 *
 * @param origin of the gateway's own pages
 */
export function isSameOrigin({ headers }: Pick<Request, 'headers'>, origin: string): boolean {
  const site = headers['sec-fetch-site'];
  // A browser that is told to send no referrer says `Origin: null` even to its own page; a foreign or a sandboxed page is never `same-origin`.
  if (site !== undefined)
    return site === 'same-origin' && (headers.origin === undefined || headers.origin === 'null' || headers.origin === origin);
  return headers.origin === origin;
}
