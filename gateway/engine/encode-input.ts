import { Breakage } from '../errors.ts';

/** Deeper input is refused: the module's parser recurses on a stack of 64 KiB. */
const maxDepth = 64;
const encoder = new TextEncoder();

/**
 * Writes a value as the JSON that the module reads, in one pass. The module must never be given a text that it cannot parse: it would take that
 * for no input at all, and a policy that denies by rules would then find nothing to deny.
 *
 * Unpaired surrogates, which the module aborts on, become U+FFFD. Members that are `undefined` are left out.
 * @throws Breakage `policy.error` for what is not JSON, and for what is nested deeper than 64 levels
 */
export function encodeInput(input: unknown): ArrayBuffer {
  let text: string | undefined;
  try {
    text = JSON.stringify(input);
    // JSON.stringify writes an unpaired surrogate as its escape, and no other character from that range.
    if (text?.includes('\\ud') === true) text = JSON.stringify(input, makeWellFormed);
  } catch (cause) {
    throw new Breakage('policy.error', 'the input cannot be written as JSON', { cause });
  }
  if (text === undefined) throw new Breakage('policy.error', 'there is no input');
  const bytes = encoder.encode(text);
  if (isTooDeep(bytes)) throw new Breakage('policy.error', `the input is nested deeper than ${maxDepth} levels`);
  // TextEncoder gives an array of its own, so its buffer holds these bytes and nothing else.
  return bytes.byteLength === bytes.buffer.byteLength ? bytes.buffer : bytes.slice().buffer;
}

function makeWellFormed(_key: string, value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key.toWellFormed(), member]));
}

const quote = 0x22;
const backslash = 0x5c;

function isTooDeep(json: Uint8Array): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at];
    if (inString) {
      if (byte === backslash) at += 1;
      else if (byte === quote) inString = false;
    } else if (byte === quote) {
      inString = true;
    } else if (byte === 0x7b || byte === 0x5b) {
      depth += 1;
      if (depth > maxDepth) return true;
    } else if (byte === 0x7d || byte === 0x5d) {
      depth -= 1;
    }
  }
  return false;
}
