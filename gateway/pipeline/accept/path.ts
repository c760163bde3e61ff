import { type Refusal, refuse } from '../../errors.ts';

/** Longer than any endpoint with the longest model id, and what a record keeps of a path. */
export const longestPath = 512;

/** RFC 3986 `pchar` and `/`, without `;` (path parameters, which servers cut off differently) and without `%`, which is looked at by itself. */
const plain = markPlain("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,=:@/");

function markPlain(characters: string): Uint8Array {
  const marks = new Uint8Array(128);
  for (const character of characters) marks[character.charCodeAt(0)] = 1;
  return marks;
}

/** Splits a request target at its first `?`. The query is `undefined` where there is no `?`. */
export function splitTarget(target: string): { readonly path: string; readonly query?: string } {
  const mark = target.indexOf('?');
  return mark === -1 ? { path: target } : { path: target.slice(0, mark), query: target.slice(mark + 1) };
}

/**
 * Refuses every path that two programs could read as two different resources: absolute-form and asterisk-form targets, empty and dot segments,
 * backslashes, path parameters, fragments, control and non-ASCII characters, and any percent-encoding. The one place where an encoding is
 * legitimate, a model id, is decoded by `decodeModelId` and has its own rule.
 *
 * @param path the target up to its query
 * @returns `request.ambiguous-path`, or nothing where the path is plain
 */
export function refuseAmbiguous(path: string): Refusal | undefined {
  if (path.charCodeAt(0) !== 0x2f) return refuse('request.ambiguous-path', { detail: 'not in origin form' });
  let segmentStart = 1;
  for (let at = 1; at <= path.length; at++) {
    const code = at === path.length ? 0x2f : path.charCodeAt(at);
    if (code > 127 || plain[code] !== 1) return refuse('request.ambiguous-path', { detail: 'a character with no place in an endpoint' });
    if (code !== 0x2f) continue;
    if (isHollow(path, segmentStart, at) && path.length > 1) {
      return refuse('request.ambiguous-path', { detail: 'an empty or dot segment' });
    }
    segmentStart = at + 1;
  }
  return undefined;
}

function isHollow(path: string, from: number, to: number): boolean {
  const length = to - from;
  if (length === 0) return true;
  return length <= 2 && path.charCodeAt(from) === 0x2e && path.charCodeAt(to - 1) === 0x2e;
}

/**
 * Reads the model id that ends a path. It may be percent-encoded as SDKs do (`:` as `%3A`), once, and only where the decoded character can
 * stand in an id; `%2F` and `%25` never, because a proxy in front may have decoded or may yet decode them.
 *
 * @param text the path after `/v1/models/`
 * @returns the decoded id, or `request.ambiguous-path`
 */
export function decodeModelId(text: string): string | Refusal {
  if (text === '') return refuse('request.ambiguous-path', { detail: 'an empty or dot segment' });
  const decoded = text.includes('%') ? text.replaceAll(/%(2[dD]|2[eE]|3[aA]|40|5[fF]|7[eE])/g, decodeOne) : text;
  return refuseAmbiguous(`/${decoded}`) ?? (decoded.includes('/') ? refuse('request.unknown-endpoint') : decoded);
}

function decodeOne(_all: string, hex: string): string {
  return String.fromCharCode(Number.parseInt(hex, 16));
}

/** Makes a path safe to record: at most 512 characters of the original, everything outside printable ASCII, and the backslash, as `\xHH`. */
export function escapePath(path: string): string {
  const cut = path.length > longestPath ? path.slice(0, longestPath) : path;
  for (let at = 0; at < cut.length; at++) {
    if (!isPrintable(cut.charCodeAt(at))) return escapeAll(cut);
  }
  return cut;
}

function escapeAll(text: string): string {
  let escaped = '';
  for (let at = 0; at < text.length && escaped.length < longestPath; at++) {
    const code = text.charCodeAt(at);
    escaped += isPrintable(code) ? text.charAt(at) : `\\x${code.toString(16).padStart(2, '0')}`;
  }
  return escaped.slice(0, longestPath);
}

function isPrintable(code: number): boolean {
  return code > 0x20 && code < 0x7f && code !== 0x5c;
}
