import { Breakage } from '../errors.ts';
import { scanJson } from '../json/scan.ts';

/** Far beyond any data of a policy, and well within the call stack. */
const maxDepth = 256;

/**
 * Writes a JSON document in the one form that OPA hashes: no white space, the keys of objects in the order of their UTF-8 bytes, strings as Go's
 * encoder writes them without its escapes for HTML, and numbers as they stand in the text. `1.0`, `1e0` and `1` are three documents.
 *
 * OPA's reader lets pass what this one refuses: invalid UTF-8 and unpaired surrogates, which it replaces, and keys that come twice, of which it
 * takes the last. A hash over what was replaced would not be a hash over what the policy reads.
 *
 * @throws Breakage `policy.unavailable` where the text is not such a document; the message has no name of a file
 */
export function canonicalJson(bytes: Uint8Array): string {
  const scanned = scanJson(bytes, { maxDepth, maxValues: Number.POSITIVE_INFINITY });
  if ('problem' in scanned) {
    throw new Breakage('policy.unavailable', `it is not one strict JSON object (${scanned.problem} at byte ${scanned.offset})`);
  }
  return new Writer(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)).write();
}

/** Walks over a text that is known to be strict JSON. */
class Writer {
  readonly #text: string;
  /** Whether there is anything to escape in strings without escapes. */
  readonly #separators: boolean;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#separators = /[\u2028\u2029]/.test(text);
  }

  write(): string {
    const first = this.#next();
    if (first === '{') return this.#object();
    if (first === '[') return this.#array();
    return first === '"' ? this.#string() : this.#word();
  }

  #object(): string {
    const members = new Map<string, string>();
    this.#at++;
    while (this.#next() !== '}') {
      const key = this.#string();
      this.#expect(':');
      members.set(key, this.write());
      if (this.#next() === ',') this.#at++;
    }
    this.#at++;
    // The encoded form of a key sorts otherwise than the key: an escape begins with a backslash.
    const keys = [...members.keys()].map((encoded) => [decode(encoded), encoded] as const);
    keys.sort(keys.some(([key]) => surrogate.test(key)) ? byUtf8 : byUnits);
    return `{${keys.map(([, encoded]) => `${encoded}:${members.get(encoded)}`).join(',')}}`;
  }

  #array(): string {
    const items: string[] = [];
    this.#at++;
    while (this.#next() !== ']') {
      items.push(this.write());
      if (this.#next() === ',') this.#at++;
    }
    this.#at++;
    return `[${items.join(',')}]`;
  }

  #string(): string {
    const start = this.#at;
    const close = this.#text.indexOf('"', start + 1) + 1;
    const plain = this.#text.slice(start, close);
    // Without a backslash a string is written as it stands: nothing in it needs an escape, or it would not be JSON.
    if (!plain.includes('\\')) {
      this.#at = close;
      return this.#separators ? escapeSeparators(plain) : plain;
    }
    this.#at++;
    for (let unit = this.#text[this.#at]; unit !== '"'; unit = this.#text[this.#at]) this.#at += unit === '\\' ? 2 : 1;
    this.#at++;
    return escapeSeparators(JSON.stringify(JSON.parse(this.#text.slice(start, this.#at))));
  }

  /** A number, `true`, `false` or `null`: as it stands. */
  #word(): string {
    const start = this.#at;
    while (this.#at < this.#text.length && !',]} \t\r\n'.includes(this.#text.charAt(this.#at))) this.#at++;
    return this.#text.slice(start, this.#at);
  }

  #expect(unit: string): void {
    if (this.#next() !== unit) throw new TypeError('the scan let pass what is not JSON');
    this.#at++;
  }

  /** The next unit that is not white space, or `''`. */
  #next(): string {
    while (' \t\r\n'.includes(this.#text[this.#at] ?? 'x')) this.#at++;
    return this.#text.charAt(this.#at);
  }
}

type Key = readonly [key: string, encoded: string];

const surrogate = /[\ud800-\udfff]/;
/** The order of UTF-16 units is that of UTF-8 bytes but for surrogates, which stand for what comes after U+FFFF. */
const byUnits = ([a]: Key, [b]: Key) => (a < b ? -1 : 1);
const byUtf8 = ([a]: Key, [b]: Key) => Buffer.compare(Buffer.from(a), Buffer.from(b));

function decode(encoded: string): string {
  return encoded.includes('\\') ? (JSON.parse(encoded) as string) : encoded.slice(1, -1);
}

/** As Go's encoding/json: the two are escaped, for the sake of JavaScript of old. */
function escapeSeparators(encoded: string): string {
  return encoded.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
}
