/** `[IPv6]`, or IPv4, each maybe with a port (RFC 7239 section 6). `unknown` and obfuscated ids (`_x`) are no addresses. */
const node = /^(?:\[([0-9A-Fa-f:.]+)\]|(\d{1,3}(?:\.\d{1,3}){3}))(?::\d{1,5})?$/;
const pair = /[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)=(?:"((?:[^"\\]|\\[\t -~])*)"|([!#$%&'*+.^_`|~0-9A-Za-z-]+))[ \t]*(;|,|$)/y;

/**
 * Reads who forwarded for whom (RFC 7239 section 4), in the order in which the proxies wrote it.
 *
 * The text is read as a whole: a quotation mark in front of the proxies' own elements would otherwise swallow them, or cut one in two.
 *
 * @param text all lines of `Forwarded`, joined with commas
 * @returns one entry for each element: an address as text, or `undefined` where it names none; `undefined` where the text is malformed
 */
export function readForwarded(text: string): readonly (string | undefined)[] | undefined {
  const found: (string | undefined)[] = [];
  let names = new Map<string, string>();
  pair.lastIndex = 0;
  while (pair.lastIndex < text.length) {
    const [, name = '', quoted, plain, end] = pair.exec(text) ?? [];
    if (end === undefined) return undefined;
    const key = name.toLowerCase();
    // Section 4: each parameter at most once in an element. Of two, every reader could believe another one.
    if (names.has(key)) return undefined;
    names.set(key, quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '');
    if (end === ';') {
      if (pair.lastIndex >= text.length) return undefined;
      continue;
    }
    found.push(readNode(names.get('for')));
    names = new Map();
    if (end === ',' && pair.lastIndex >= text.length) return undefined;
  }
  return found;
}

function readNode(text: string | undefined): string | undefined {
  const [, v6, v4] = text === undefined ? [] : (node.exec(text) ?? []);
  return v6 ?? v4;
}
