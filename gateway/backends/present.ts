import type { Backend } from '../vocabulary/catalogue.ts';

/** The two ways in which a key is shown to a backend: RFC 6750 section 2.1, or a header of its own. */
export function present(auth: Backend['auth'], secret: string): readonly [name: string, value: string] {
  return auth === 'bearer' ? ['authorization', `Bearer ${secret}`] : ['x-api-key', secret];
}
