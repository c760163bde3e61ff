import { type Refusal, refuse } from '../../errors.ts';
import type { Route } from './route.ts';

/**
 * Compares a query with what the endpoint takes. A query that the gateway does not read but a backend might (`?model=`, `?api-version=`) would
 * be authorised as one thing and served as another, so the list is closed; names and values are compared without decoding, and each name may
 * stand once.
 *
 * @param query the text after `?`
 * @returns `request.unsupported-query`, or nothing where every parameter is on the endpoint's list
 */
export function refuseQuery(query: string, route: Route): Refusal | undefined {
  if (query === '') return undefined;
  const seen = new Set<string>();
  for (const pair of query.split('&')) {
    const equals = pair.indexOf('=');
    const name = equals === -1 ? pair : pair.slice(0, equals);
    const accepts = route.query?.get(name);
    if (accepts === undefined || equals === -1 || seen.has(name) || !accepts(pair.slice(equals + 1))) {
      return refuse('request.unsupported-query');
    }
    seen.add(name);
  }
  return undefined;
}
