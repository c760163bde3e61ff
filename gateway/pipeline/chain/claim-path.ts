/** Claims as they came out of a verified token. */
export type Claims = Readonly<Record<string, unknown>>;

/** A walk into the claims, one name a step. */
export type ClaimPath = readonly string[];

/**
 * Reads a path as the configuration writes it: `realm_access.roles` walks two steps. A dot that belongs to a name is written `\.`
 * (`kubernetes\.io.namespace`), and a name that is a URL is taken whole (`https://example.com/roles`), because namespaced claims are URLs.
 * What a path means depends on the configuration only, never on what a token holds.
 */
export function parseClaimPath(text: string): ClaimPath {
  if (text.includes('://')) return [text];
  return text.split(/(?<!\\)\./).map((name) => name.replaceAll('\\.', '.'));
}

/** Walks; only own members count, so `constructor` and `__proto__` lead nowhere. `undefined` where the walk ends early. */
export function walk(claims: Claims, path: ClaimPath): unknown {
  let at: unknown = claims;
  for (const name of path) {
    if (typeof at !== 'object' || at === null || Array.isArray(at) || !Object.hasOwn(at, name)) return undefined;
    at = Reflect.get(at, name);
  }
  return at;
}

const longestWord = 255;

/**
 * A string that may become part of an identity: printable ASCII without spaces, 1 to 255 characters (OpenID Connect Core section 2 limits `sub`
 * so). Control characters, look-alike letters and spaces at an end would make two names one, or one two, in a policy, a record or a terminal.
 */
export function isWord(value: unknown): value is string {
  return typeof value === 'string' && value.length <= longestWord && /^[\x21-\x7e]+$/.test(value);
}

const mostNames = 1000;
const namePattern = /^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]{1,255}$/u;

/**
 * A claim that lists names (roles, groups): an array of strings, or one string.
 *
 * @returns the names without repetition; none where the claim is absent; `undefined` where it is anything else. A list that is only partly
 *   readable is not used in part: a policy may deny on a name as well as grant on it.
 */
export function readNames(value: unknown): readonly string[] | undefined {
  if (value === undefined) return [];
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length > mostNames) return undefined;
  const names = new Set<string>();
  for (const name of list) {
    if (typeof name !== 'string' || !namePattern.test(name)) return undefined;
    names.add(name);
  }
  return [...names];
}
