import { isIPv6 } from 'node:net';
import type { RegoValue } from '../rego-value.ts';
import { type Builtin, BuiltinError } from './builtin.ts';
import { unescapePercent } from './encoding.ts';
import { stringAt } from './operands.ts';

/** URLs as Go's `net/url.Parse` reads them, which is not the WHATWG's way: nothing is normalised, and a path may be relative. */

/** ASCII that a host name may hold, brackets aside. */
const hostCharacter = /^[!"$&'()*+,\-.0-9:;<=>A-Z[\]_a-z~\u0080-\u{10ffff}]*$/u;
/** What Go leaves as it is when it writes a path. */
const plainInPath = /[$&+,\-./0-9:;=@A-Z_a-z~]/;

interface Parts {
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  readonly rawPath: string;
  readonly query: string;
  readonly fragment: string;
}

function fail(): never {
  throw new BuiltinError('not a URI');
}

function cut(text: string, mark: string): [before: string, after: string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + mark.length)];
}

function parseUri(text: string): Parts {
  const [whole, rawFragment] = cut(text, '#');
  // Control characters of ASCII; those of Latin-1 are well.
  if (/\p{Cc}(?<![\u0080-\u009f])/u.test(whole)) fail();
  const parts = whole === '*' ? { scheme: '', host: '', path: '*', rawPath: '*', query: '' } : parseHierarchy(whole);
  return { ...parts, fragment: unescapePercent(rawFragment) };
}

function parseHierarchy(text: string): Omit<Parts, 'fragment'> {
  if (text.startsWith(':')) fail();
  const [, given = '', afterScheme = text] = /^([A-Za-z][A-Za-z0-9+.-]*):(.*)$/su.exec(text) ?? [];
  const scheme = given.toLowerCase();
  const [rest, query] = cut(afterScheme, '?');
  if (!rest.startsWith('/')) {
    // "mailto:somebody": what follows is opaque, and is no path.
    if (scheme !== '') return { scheme, host: '', path: '', rawPath: '', query };
    if (cut(rest, '/')[0].includes(':')) fail();
  }
  let [host, rawPath] = ['', rest];
  if (rest.startsWith('//') && (scheme !== '' || !rest.startsWith('///'))) {
    const end = rest.indexOf('/', 2);
    host = parseAuthority(scheme, rest.slice(2, end < 0 ? undefined : end));
    rawPath = end < 0 ? '' : rest.slice(end);
  }
  const path = unescapePercent(rawPath);
  // The raw path is told only where Go would write the path in another way.
  return { scheme, host, path, rawPath: escapePath(path) === rawPath ? path : rawPath, query };
}

function escapePath(path: string): string {
  return Array.from(Buffer.from(path), (byte) => {
    const character = String.fromCharCode(byte);
    return byte < 0x80 && plainInPath.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');
}

function parseAuthority(scheme: string, authority: string): string {
  const at = authority.lastIndexOf('@');
  const host = parseHost(scheme, authority.slice(at + 1));
  if (at >= 0) {
    const user = authority.slice(0, at);
    if (!/^[-A-Za-z0-9._:~!$&'()*+,;=%@]*$/.test(user) || /%(?![0-9a-fA-F]{2})/.test(user)) fail();
  }
  return host;
}

function parseHost(scheme: string, host: string): string {
  const bracket = host.lastIndexOf('[');
  if (bracket > 0) fail();
  if (bracket === 0) return parseLiteral(host);
  const [first, last] = [host.indexOf(':'), host.lastIndexOf(':')];
  const isStrict = scheme === 'http' || scheme === 'https';
  if (first >= 0) checkPort(host.slice(isStrict ? first : last));
  return unescapeHost(host);
}

/** `[fe80::1%25en0]:80`: an IPv6 address, with a zone or without. */
function parseLiteral(host: string): string {
  const close = host.lastIndexOf(']');
  if (close < 0) fail();
  const port = host.slice(close + 1);
  checkPort(port);
  const [address, zone] = cut(host.slice(1, close), '%25');
  const hasZone = host.slice(1, close).includes('%25');
  const name = unescapeHost(address);
  // A zone may escape what a host may hold, and spaces.
  for (const [, code = ''] of zone.matchAll(/%(..)/g)) {
    const character = String.fromCharCode(Number.parseInt(code, 16));
    if (code !== '25' && character !== ' ' && !hostCharacter.test(character)) fail();
  }
  if (!hostCharacter.test(zone.replaceAll(/%../g, ''))) fail();
  const inside = hasZone ? `${name}%${unescapePercent(zone)}` : name;
  if (!isIPv6(name) || (hasZone && zone === '')) fail();
  return `[${inside}]${port}`;
}

function checkPort(port: string): void {
  if (!/^(?::[0-9]*)?$/.test(port)) fail();
}

/** A host may escape what is not ASCII, and only that. */
function unescapeHost(host: string): string {
  if (/%(?![89a-fA-F][0-9a-fA-F]|25)/.test(host) || !hostCharacter.test(host.replaceAll(/%../g, ''))) fail();
  return unescapePercent(host);
}

function splitPort(host: string): [hostname: string, port: string] {
  const [, front = host, port = ''] = /^(.*):([0-9]*)$/su.exec(host) ?? [];
  return [front.startsWith('[') && front.endsWith(']') ? front.slice(1, -1) : front, port];
}

const parse: Builtin = (args) => {
  const { scheme, host, path, rawPath, query, fragment } = parseUri(stringAt(args, 0));
  const [hostname, port] = splitPort(host);
  const fields = { scheme, hostname, port, path, raw_path: rawPath, raw_query: query, fragment };
  return new Map<RegoValue, RegoValue>(Object.entries(fields).filter(([, value]) => value !== ''));
};

const isValid: Builtin = ([text]) => {
  if (typeof text !== 'string' || text === '') return false;
  try {
    parseUri(text);
    return true;
  } catch (cause) {
    if (cause instanceof BuiltinError) return false;
    throw cause;
  }
};

export const uri: readonly (readonly [string, Builtin])[] = [
  ['uri.parse', parse],
  ['uri.is_valid', isValid],
];
