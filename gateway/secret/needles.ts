/*
 * Looks for many texts at once: Wu and Manber's method with blocks of three characters. The next place to look is as far ahead as the block at hand lets
 * it be, so a line costs about one look in ten characters however many texts are looked for.
 */

const needleLength = 16;
const blockLength = 3;
const farthest = needleLength - blockLength + 1;
const tableBits = 21;

export interface Needles {
  /** Adds a text of {@link needleLength} ASCII characters. */
  add(needle: string): void;
  has(needle: string): boolean;
  remove(needle: string): void;
  readonly size: number;
  /** Where the first one ends that lies between `from` and `to`; -1 where none does. */
  findEnd(text: string, from: number, to: number): number;
}

export function makeNeedles(): Needles {
  const held = new Set<string>();
  /** Block → how far the search may go on. Blocks of removed texts stay: they cost a look, never a find. */
  let shifts: Uint8Array | undefined;

  return {
    add(needle) {
      if (needle.length !== needleLength) throw new TypeError('a needle has a length of its own');
      if (held.has(needle)) return;
      held.add(needle);
      shifts ??= new Uint8Array(2 ** tableBits).fill(farthest);
      for (let end = blockLength; end <= needleLength; end += 1) {
        const block = blockAt(needle, end);
        shifts[block] = Math.min(shifts[block] ?? farthest, needleLength - end);
      }
    },
    has: (needle) => held.has(needle),
    remove: (needle) => void held.delete(needle),
    get size() {
      return held.size;
    },
    findEnd(text, from, to) {
      if (shifts === undefined) return -1;
      let end = from + needleLength;
      while (end <= to) {
        const shift = shifts[blockAt(text, end)] ?? farthest;
        if (shift > 0) end += shift;
        else if (held.has(text.slice(end - needleLength, end))) return end;
        else end += 1;
      }
      return -1;
    },
  };
}

/** The three characters before `end`, seven bits of each. */
function blockAt(text: string, end: number): number {
  return ((text.charCodeAt(end - 3) & 0x7f) << 14) | ((text.charCodeAt(end - 2) & 0x7f) << 7) | (text.charCodeAt(end - 1) & 0x7f);
}

/** Both ends of a secret, so that one that was cut off on either side is found; `undefined` where it is too short to be told from other text. */
export function needlesOf(secret: string): readonly string[] | undefined {
  if (secret.length < needleLength) return undefined;
  return [secret.slice(-needleLength), secret.slice(0, needleLength)];
}
