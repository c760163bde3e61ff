import { isUtf8 } from 'node:buffer';
import type { ErrorCode } from '../errors.ts';
import { KeyLedger } from './key-ledger.ts';
import type { MemberSpan, ValueSpan } from './spans.ts';

export interface ScanLimits {
  /** Deepest nesting of arrays and objects; the top object is depth 1. */
  readonly maxDepth: number;
  /** Most values in the text, containers included. */
  readonly maxValues: number;
  /** Most members of objects in the text; unlimited unless given. A parser pays far more for a new name than for a value. */
  readonly maxMembers?: number;
}

/** A text that is strict JSON with an object at the top. */
export interface Scanned {
  /** The top-level members by decoded name, in order of appearance. */
  readonly members: ReadonlyMap<string, MemberSpan>;
  /** The string values of more than 4 KiB, wherever they stand, in order. */
  readonly longTexts: readonly ValueSpan[];
}

export interface ScanProblem {
  readonly problem: ErrorCode;
  /** The byte at which it was found. */
  readonly offset: number;
}

/**
 * Reads a text as strict JSON (RFC 8259) in one pass, without building values. Beyond the grammar it demands what makes every reader see the same
 * document: valid UTF-8, no byte order mark, no key twice in any object (keys are compared decoded, so `"model"` written with escapes is the same
 * key), no unpaired surrogate in an escape (section 8.2), bounded depth and count.
 *
 * @returns the top-level members, or the first problem: one of the `json.*` codes
 */
export function scanJson(bytes: Uint8Array, limits: ScanLimits): Scanned | ScanProblem {
  if (!isUtf8(bytes)) return { problem: 'json.not-utf8', offset: 0 };
  return new Scan(bytes, limits).run();
}

/**
 * The same strictness for a text of which only the verdict is wanted, such as the header and the claims of a JWT (RFC 7519 section 4 lets a parser
 * refuse duplicate names; one that does not can be made to see other claims than the issuer meant).
 *
 * @returns the code of the first problem; `undefined` for a strict JSON object
 */
export function jsonProblem(bytes: Uint8Array, limits: ScanLimits = { maxDepth: 16, maxValues: 10_000 }): ErrorCode | undefined {
  const scanned = scanJson(bytes, limits);
  return 'problem' in scanned ? scanned.problem : undefined;
}

/** A text of more bytes than this, with its quotes, is a long one. */
export const longText = 4 * 1024;

const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const openObject = 0x7b;
const closeObject = 0x7d;
const openArray = 0x5b;
const closeArray = 0x5d;
const backslash = 0x5c;

class Scan {
  readonly #bytes: Uint8Array;
  readonly #limits: ScanLimits;
  readonly #keys: KeyLedger;
  readonly #members = new Map<string, MemberSpan>();
  readonly #longTexts: ValueSpan[] = [];
  /** Whether the container at each depth is an object. */
  readonly #objects: boolean[] = [];
  #problem: ScanProblem | undefined;

  constructor(bytes: Uint8Array, limits: ScanLimits) {
    this.#bytes = bytes;
    this.#limits = limits;
    this.#keys = new KeyLedger(bytes);
  }

  run(): Scanned | ScanProblem {
    const bytes = this.#bytes;
    const objects = this.#objects;
    const { maxDepth, maxValues, maxMembers = Number.POSITIVE_INFINITY } = this.#limits;
    let at = this.#space(0);
    if (bytes[at] !== openObject) return { problem: startsValue(bytes[at]) ? 'json.not-object' : 'json.malformed', offset: at };
    let depth = 0;
    let values = 0;
    let members = 0;
    let keyStart = 0;
    let valueStart = 0;
    // An explicit stack in place of recursion: depth is the caller's to choose, the call stack is not.
    value: for (;;) {
      if (++values > maxValues) return { problem: 'json.too-many-values', offset: at };
      const first = bytes[at];
      let opened = false;
      if (first === quote) {
        const start = at;
        at = this.#string(at);
        if (at - start > longText) this.#longTexts.push({ start, end: at });
      } else if (first === openObject || first === openArray) {
        if (depth === maxDepth) return { problem: 'json.too-deep', offset: at };
        const object = first === openObject;
        objects[++depth] = object;
        if (object) this.#keys.open();
        at = this.#space(at + 1);
        opened = bytes[at] !== (object ? closeObject : closeArray);
      } else at = first === 0x2d || isDigit(first) ? this.#number(at) : this.#literal(at, first);
      for (;;) {
        if (this.#problem !== undefined) return this.#problem;
        if (!opened) {
          if (depth === 1) {
            // A top-level member has just ended (or the top object is empty).
            if (keyStart !== 0) this.#members.set(this.#keys.last(), { keyStart, valueStart, valueEnd: at });
            keyStart = 0;
          }
          if (depth === 0) break value;
          at = this.#space(at);
          const next = bytes[at];
          if (next === (objects[depth] ? closeObject : closeArray)) {
            if (objects[depth]) this.#keys.close();
            depth--;
            at++;
            continue;
          }
          if (next !== comma) return { problem: 'json.malformed', offset: at };
          at = this.#space(at + 1);
        }
        if (objects[depth]) {
          const start = at;
          if (++members > maxMembers) return { problem: 'json.too-many-values', offset: at };
          at = this.#key(at, depth === 1);
          if (this.#problem !== undefined) return this.#problem;
          if (depth === 1) {
            keyStart = start;
            valueStart = at;
          }
        }
        continue value;
      }
    }
    at = this.#space(at);
    return at === bytes.length ? { members: this.#members, longTexts: this.#longTexts } : { problem: 'json.malformed', offset: at };
  }

  #fail(problem: ErrorCode, offset: number): number {
    this.#problem ??= { problem, offset };
    return offset;
  }

  #space(from: number): number {
    const bytes = this.#bytes;
    let at = from;
    for (;;) {
      const byte = bytes[at];
      if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) at++;
      else return at;
    }
  }

  /** A key with its colon; gives the start of the value. */
  #key(start: number, top: boolean): number {
    const bytes = this.#bytes;
    if (bytes[start] !== quote) return this.#fail('json.malformed', start);
    let at = start + 1;
    let hash = 0;
    let escaped = false;
    for (; at < bytes.length; at++) {
      const byte = bytes[at] as number;
      if (byte === quote || byte < 0x20) break;
      if (byte === backslash) {
        escaped = true;
        break;
      }
      hash = (Math.imul(hash, 31) + byte) | 0;
    }
    at = escaped ? this.#string(start) : bytes[at] === quote ? at + 1 : this.#fail('json.malformed', at);
    if (this.#problem !== undefined) return at;
    if (!this.#keys.add(start, at, escaped ? undefined : hash, top)) return this.#fail('json.duplicate-key', start);
    at = this.#space(at);
    if (bytes[at] !== colon) return this.#fail('json.malformed', at);
    return this.#space(at + 1);
  }

  #string(start: number): number {
    const bytes = this.#bytes;
    const end = bytes.length;
    let at = start + 1;
    while (at < end) {
      const byte = bytes[at] as number;
      if (byte === quote) return at + 1;
      if (byte < 0x20) break;
      if (byte !== backslash) at++;
      else {
        at = this.#escape(at);
        if (this.#problem !== undefined) return at;
      }
    }
    return this.#fail('json.malformed', at);
  }

  #escape(at: number): number {
    const bytes = this.#bytes;
    switch (bytes[at + 1]) {
      case quote:
      case backslash:
      case 0x2f: // solidus
      case 0x62: // b
      case 0x66: // f
      case 0x6e: // n
      case 0x72: // r
      case 0x74: // t
        return at + 2;
      case 0x75: // u
        break;
      default:
        return this.#fail('json.malformed', at);
    }
    const unit = hex4(bytes, at + 2);
    if (unit < 0) return this.#fail('json.malformed', at);
    if (unit < 0xd800 || unit > 0xdfff) return at + 6;
    const low = bytes[at + 6] === backslash && bytes[at + 7] === 0x75 ? hex4(bytes, at + 8) : -1;
    if (unit > 0xdbff || low < 0xdc00 || low > 0xdfff) return this.#fail('json.lone-surrogate', at);
    return at + 12;
  }

  /** RFC 8259 section 6: no leading zero, no plus sign, digits on both sides of the point. */
  #number(start: number): number {
    const bytes = this.#bytes;
    let at = bytes[start] === 0x2d ? start + 1 : start;
    if (!isDigit(bytes[at])) return this.#fail('json.malformed', at);
    if (bytes[at] === 0x30) at++;
    else at = this.#digits(at);
    if (bytes[at] === 0x2e) at = this.#digits(at + 1);
    if (((bytes[at] ?? 0) | 0x20) === 0x65) {
      const sign = bytes[at + 1];
      at = this.#digits(sign === 0x2b || sign === 0x2d ? at + 2 : at + 1);
    }
    return at;
  }

  #digits(start: number): number {
    let at = start;
    while (isDigit(this.#bytes[at])) at++;
    return at === start ? this.#fail('json.malformed', at) : at;
  }

  #literal(at: number, first: number | undefined): number {
    const bytes = this.#bytes;
    const word = first === 0x74 ? 'true' : first === 0x66 ? 'false' : first === 0x6e ? 'null' : undefined;
    if (word === undefined) return this.#fail('json.malformed', at);
    for (let i = 1; i < word.length; i++) if (bytes[at + i] !== word.charCodeAt(i)) return this.#fail('json.malformed', at);
    return at + word.length;
  }
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

/** Whether a byte can begin a JSON value: then the text is JSON perhaps, but not an object. */
function startsValue(byte: number | undefined): boolean {
  return byte === openArray || byte === quote || byte === 0x2d || isDigit(byte) || byte === 0x74 || byte === 0x66 || byte === 0x6e;
}

/** Four hexadecimal digits as a number; −1 where they are not. */
function hex4(bytes: Uint8Array, at: number): number {
  let unit = 0;
  for (let i = at; i < at + 4; i++) {
    const byte = bytes[i] ?? 0;
    const letter = byte | 0x20;
    const digit = isDigit(byte) ? byte - 0x30 : letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}
