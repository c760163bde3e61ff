/** Up to this many keys an object's keys are compared one by one; from there on a set is kept, so that many keys cost no more than linear time. */
const fewKeys = 8;

/**
 * The keys of the objects that are open at the moment, to find one that comes twice. Keys are compared decoded: two spellings of one key are one
 * key. A hash that an attacker can steer decides only among a few keys; beyond them it is the engine's own seeded set.
 */
export class KeyLedger {
  readonly #text: Buffer;
  /** Per open object: where its keys begin in the lists below, and its set once it has one. */
  readonly #frames: number[] = [];
  readonly #sets: (Set<string> | undefined)[] = [];
  readonly #hashes: number[] = [];
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  #top = '';

  constructor(bytes: Uint8Array) {
    this.#text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  open(): void {
    this.#frames.push(this.#hashes.length);
    this.#sets.push(undefined);
  }

  close(): void {
    const base = this.#frames.pop() ?? 0;
    this.#sets.pop();
    if (this.#hashes.length !== base) this.#hashes.length = this.#starts.length = this.#ends.length = base;
  }

  /** The decoded text of the top-level key that was added last. */
  last(): string {
    return this.#top;
  }

  /**
   * Adds a key to the innermost object.
   * @param start of its opening quote
   * @param end after its closing quote
   * @param hash over its plain bytes; `undefined` for a key with escapes
   * @param top whether it is a key of the top object, whose decoded text is wanted
   * @returns whether it is new there
   */
  add(start: number, end: number, hash: number | undefined, top: boolean): boolean {
    const text = hash === undefined || top ? this.#decode(start, end, hash === undefined) : undefined;
    if (top && text !== undefined) this.#top = text;
    const innermost = this.#frames.length - 1;
    const set = this.#sets[innermost];
    if (set !== undefined) {
      const size = set.size;
      return set.add(text ?? this.#decode(start, end, false)).size !== size;
    }
    const sum = hash ?? hashOf(text ?? '');
    const base = this.#frames[innermost] ?? 0;
    for (let i = base; i < this.#hashes.length; i++) {
      if (this.#hashes[i] === sum && this.#decode(this.#starts[i] ?? 0, this.#ends[i] ?? 0, true) === this.#decode(start, end, true))
        return false;
    }
    this.#hashes.push(sum);
    this.#starts.push(start);
    this.#ends.push(end);
    if (this.#hashes.length - base === fewKeys) {
      const keys = new Set<string>();
      for (let i = base; i < this.#hashes.length; i++) keys.add(this.#decode(this.#starts[i] ?? 0, this.#ends[i] ?? 0, true));
      this.#sets[innermost] = keys;
    }
    return true;
  }

  /** The text between the quotes. Its escapes have been checked. */
  #decode(start: number, end: number, escapes: boolean): string {
    return escapes ? (JSON.parse(this.#text.toString('utf8', start, end)) as string) : this.#text.toString('utf8', start + 1, end - 1);
  }
}

/** The scan's hash, over the UTF-8 bytes of a decoded key. */
function hashOf(text: string): number {
  let hash = 0;
  for (const byte of Buffer.from(text)) hash = (Math.imul(hash, 31) + byte) | 0;
  return hash;
}
