/** Where a member stands in a JSON text, in bytes. `keyStart` is its key's opening quote; ends are exclusive. Same shape as in `vocabulary/body.ts`. */
export interface MemberSpan {
  readonly keyStart: number;
  readonly valueStart: number;
  readonly valueEnd: number;
}

/** Where a value stands in a JSON text, in bytes; `end` is exclusive. */
export interface ValueSpan {
  readonly start: number;
  readonly end: number;
}

/*
 * These walk a text that `scanJson` has accepted, so they check nothing. On any other text their answers mean nothing.
 */

/** The members of the object at `start`, by decoded name, in order; empty where no object stands there. */
export function members(bytes: Uint8Array, start: number): ReadonlyMap<string, MemberSpan> {
  const found = new Map<string, MemberSpan>();
  if (bytes[start] !== 0x7b) return found;
  let at = space(bytes, start + 1);
  while (bytes[at] === 0x22) {
    const keyEnd = stringEnd(bytes, at);
    const name = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset + at, keyEnd - at).toString('utf8')) as string;
    const valueStart = space(bytes, space(bytes, keyEnd) + 1);
    const valueEnd = skipValue(bytes, valueStart);
    found.set(name, { keyStart: at, valueStart, valueEnd });
    at = space(bytes, valueEnd);
    if (bytes[at] === 0x2c) at = space(bytes, at + 1);
  }
  return found;
}

/** The elements of the array at `start`, in order; empty where no array stands there. */
export function elements(bytes: Uint8Array, start: number): readonly ValueSpan[] {
  const found: ValueSpan[] = [];
  if (bytes[start] !== 0x5b) return found;
  let at = space(bytes, start + 1);
  while (at < bytes.length && bytes[at] !== 0x5d) {
    const end = skipValue(bytes, at);
    found.push({ start: at, end });
    at = space(bytes, end);
    if (bytes[at] === 0x2c) at = space(bytes, at + 1);
  }
  return found;
}

/** The end of the value at `start`. */
export function skipValue(bytes: Uint8Array, start: number): number {
  const first = bytes[start];
  if (first === 0x22) return stringEnd(bytes, start);
  let at = start;
  if (first === 0x7b || first === 0x5b) {
    let depth = 0;
    while (at < bytes.length) {
      const byte = bytes[at];
      if (byte === 0x22) {
        at = stringEnd(bytes, at);
        continue;
      }
      at++;
      if (byte === 0x7b || byte === 0x5b) depth++;
      else if ((byte === 0x7d || byte === 0x5d) && --depth === 0) break;
    }
    return at;
  }
  while (at < bytes.length && !endsScalar(bytes[at])) at++;
  return at;
}

function stringEnd(bytes: Uint8Array, start: number): number {
  let at = start + 1;
  while (at < bytes.length && bytes[at] !== 0x22) at += bytes[at] === 0x5c ? 2 : 1;
  return at + 1;
}

function space(bytes: Uint8Array, from: number): number {
  let at = from;
  while (isSpace(bytes[at])) at++;
  return at;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function endsScalar(byte: number | undefined): boolean {
  return byte === 0x2c || byte === 0x7d || byte === 0x5d || isSpace(byte);
}
