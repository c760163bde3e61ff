import type { Accepted } from '../../../vocabulary/request.ts';

const header = 'anthropic-beta';
const betaName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/**
 * The features that a caller switches on by header, each as `anthropic-beta:<name>`. They change what a request costs and what it may reach as a
 * field of the body does (a context of a million tokens, files, code execution), so policy sees them among the fields that are not known to be
 * harmless. The header goes upstream as it came, so a name that could be read in two ways is refused.
 *
 * @returns the names, or `undefined` where the header is malformed
 */
export function readBetas({ protocol, headers }: Pick<Accepted, 'protocol' | 'headers'>): readonly string[] | undefined {
  const values = protocol === 'anthropic' ? headers.get(header) : undefined;
  if (values === undefined) return [];
  const names = values.flatMap((value) => value.split(',')).map((name) => name.trim());
  return names.every((name) => betaName.test(name)) ? names.map((name) => `${header}:${name}`) : undefined;
}
