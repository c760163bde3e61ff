import { planPicks } from './pick-plan.ts';
import { StringSkip } from './string-skip.ts';

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/** A picked value or a key beyond this many bytes is given up: none of those that are read comes near it. */
const largestPick = 64 * 1024;

/** Bytes, with the quotes. A longer one is looked through natively. */
const longestPlainKey = 64;

/** Stands for a key that no path names. */
const noKey = '\0';

/** Picks members out of JSON text that arrives in pieces. */
export interface MemberPicker {
  push(bytes: Buffer): void;
  /** The values that were found whole, by path. */
  readonly found: ReadonlyMap<string, unknown>;
}

/** One open object or array on the way to a wanted member. */
interface Level {
  /** The path of the container itself, with a dot behind it; empty at the top. */
  readonly prefix: string;
  readonly array: boolean;
  /** The current member: its key, or its position. */
  key: string;
  index: number;
  /** In an object: the next string is a key. */
  atKey: boolean;
}

/**
 * Makes a picker. It walks every byte once and keeps only the wanted values: an answer of any size costs no memory. Only containers that may hold
 * a wanted member are walked member by member; all others are skipped by counting brackets outside strings. So text that a model produces, even
 * an object with a `usage` of its own, can never stand in for the answer's own member: it is at another path.
 *
 * The text is a backend's answer and goes to the caller as it is, so it is not checked here: broken JSON yields whatever members were whole.
 *
 * @param paths dotted paths; a number is a position in an array
 */
export function makeMemberPicker(paths: readonly string[]): MemberPicker {
  const { wanted, onTheWay } = planPicks(paths);
  const found = new Map<string, unknown>();
  const levels: Level[] = [];
  /** Brackets open inside a value that is skipped or picked. */
  let depth = 0;
  let skipping = false;
  const string = new StringSkip();
  /** The bytes of the value or key that is being kept. */
  let kept: Buffer[] | undefined;
  let keptBytes = 0;
  let keepFor = '';
  let keepsKey = false;
  let started = false;
  let over = false;

  return { push, found };

  function push(bytes: Buffer): void {
    let from = 0;
    let at = 0;
    const end = bytes.length;
    while (at < end && !over) {
      if (string.open) {
        at = string.skip(bytes, at);
        if (string.open) break;
        if (keepsKey) finishKey(bytes, from, at);
        continue;
      }
      const byte = bytes[at];
      if (skipping) {
        if (byte === quote) string.open = true;
        else if (byte === openBrace || byte === openBracket) depth += 1;
        else if (byte === closeBrace || byte === closeBracket || byte === comma) {
          if (depth === 0) {
            // The value ended before this byte, which belongs to the container around it.
            take(bytes, from, at);
            finishValue();
            continue;
          }
          if (byte !== comma) depth -= 1;
        }
        at += 1;
        continue;
      }
      const begins = step(byte);
      if (begins) from = at;
      at += byte === quote || !begins ? 1 : 0;
    }
    take(bytes, from, end);
  }

  /** One byte between values. @returns whether a key or a value that is to be kept, or skipped, begins at it */
  function step(byte: number | undefined): boolean {
    const level = levels.at(-1);
    switch (byte) {
      case 0x20:
      case 0x09:
      case 0x0a:
      case 0x0d:
      case colon:
      case undefined:
        return false;
      case comma:
        if (level !== undefined) {
          level.index += 1;
          level.atKey = !level.array;
        }
        return false;
      case closeBrace:
      case closeBracket:
        levels.pop();
        over = levels.length === 0;
        return false;
    }
    if (level === undefined) return enter('', byte);
    if (level.atKey) {
      if (byte !== quote) return false;
      string.open = true;
      keepsKey = true;
      kept = [];
      keptBytes = 0;
      level.atKey = false;
      return true;
    }
    return enter(level.prefix + (level.array ? String(level.index) : level.key), byte);
  }

  /** A value begins. */
  function enter(path: string, byte: number | undefined): boolean {
    if (!started || onTheWay.has(path)) {
      if (byte === openBrace || byte === openBracket) {
        const array = byte === openBracket;
        levels.push({ prefix: started ? `${path}.` : '', array, key: '', index: 0, atKey: !array });
        started = true;
        return false;
      }
      if (!started) over = true;
    }
    skipping = true;
    depth = 0;
    string.open = byte === quote;
    // A second member of the same name does not replace the first.
    if (wanted.has(path) && !found.has(path)) {
      kept = [];
      keptBytes = 0;
      keepFor = path;
    }
    return true;
  }

  function take(bytes: Buffer, from: number, to: number): void {
    if (kept === undefined || to <= from) return;
    keptBytes += to - from;
    if (keptBytes > largestPick) kept = undefined;
    else kept.push(bytes.subarray(from, to));
  }

  function finishKey(bytes: Buffer, from: number, to: number): void {
    const level = levels.at(-1);
    const key = readKey(bytes, from, to);
    // A key that looks like a step or a position of a path is neither.
    if (level !== undefined) level.key = typeof key === 'string' && !/^\d+$|\./.test(key) ? key : noKey;
    keepsKey = false;
  }

  /** Most keys come in one piece and mean what they say; only a key with an escape needs parsing. */
  function readKey(bytes: Buffer, from: number, to: number): unknown {
    if (keptBytes > 0 || to - from > longestPlainKey || hasBackslash(bytes, from, to)) {
      take(bytes, from, to);
      return parseKept();
    }
    kept = undefined;
    return bytes.toString('utf8', from + 1, to - 1);
  }

  function finishValue(): void {
    const value = parseKept();
    if (value !== undefined) found.set(keepFor, value);
    skipping = false;
    over = found.size === wanted.size;
  }

  function parseKept(): unknown {
    const pieces = kept;
    kept = undefined;
    if (pieces === undefined || pieces.length === 0) return undefined;
    const [first] = pieces;
    try {
      return JSON.parse((pieces.length === 1 && first !== undefined ? first : Buffer.concat(pieces)).toString('utf8'));
    } catch {
      // Not JSON after all. The caller gets the bytes as they are; the member counts as unknown.
      return undefined;
    }
  }
}

function hasBackslash(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) if (bytes[at] === backslash) return true;
  return false;
}
