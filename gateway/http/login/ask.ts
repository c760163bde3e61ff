import { type Refusal, refuse } from '../../errors.ts';
import type { Asked } from '../../pipeline/enforce/assurance.ts';

/** The query of a request as it was sent, without the question mark; whatever follows the first one belongs to it. */
export function queryText(target: string): string {
  const at = target.indexOf('?');
  return at < 0 ? '' : target.slice(at + 1);
}

/** What somebody who begins a login wants of it. */
export interface Wish {
  /** A page of this gateway, path and query. */
  readonly returnTo: string;
  readonly asked: Asked;
}

/** Where a login leads that was begun without a wish. */
export const homePath = '/auth/login';

const longestReturn = 2048;
const mostAcrValues = 8;

/**
 * Reads the query of a page that begins a login: `return_to`, and RFC 9470's `acr_values` and `max_age`.
 *
 * `return_to` must be a path below /auth/ in its plainest spelling. A browser takes `//host`, `/\host` and `/<tab>/host` for another host, and what
 * is encoded or dotted may mean another page to the next reader; none of that is allowed.
 *
 * @returns the wish, or `login.return-not-allowed`, `login.bad-request`
 */
export function readWish(query: URLSearchParams): Wish | Refusal {
  const returns = query.getAll('return_to');
  const acrValues = query.getAll('acr_values');
  const ages = query.getAll('max_age');
  if (returns.length > 1 || acrValues.length > 1 || ages.length > 1) return refuse('login.bad-request');
  const [returnTo = homePath] = returns;
  if (!isOwnPage(returnTo)) return refuse('login.return-not-allowed');
  const acr = (acrValues[0] ?? '').split(' ').filter((value) => value !== '');
  if (acr.length > mostAcrValues || !acr.every((value) => /^[\x21-\x7e]{1,255}$/.test(value))) return refuse('login.bad-request');
  const [age] = ages;
  if (age !== undefined && !/^\d{1,8}$/.test(age)) return refuse('login.bad-request');
  return { returnTo, asked: { acr, ...(age === undefined ? {} : { maxAgeSeconds: Number(age) }) } };
}

/** The query that carries a wish to the next page. */
export function writeWish({ returnTo, asked }: Wish): string {
  const query = new URLSearchParams({ return_to: returnTo });
  if (asked.acr.length > 0) query.set('acr_values', asked.acr.join(' '));
  if (asked.maxAgeSeconds !== undefined) query.set('max_age', String(asked.maxAgeSeconds));
  return query.toString();
}

/** Whether a wish asks for more than just any login. */
export function isStepUp({ asked }: Wish): boolean {
  return asked.acr.length > 0 || asked.maxAgeSeconds !== undefined;
}

function isOwnPage(text: string): boolean {
  const [path = ''] = text.split('?', 1);
  return text.length <= longestReturn && /^(\/auth)(\/[A-Za-z0-9_-]+)+$/.test(path) && /^[\x21-\x7e]*$/.test(text) && !/[\\#]/.test(text);
}
