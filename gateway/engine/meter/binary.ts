/** The bytes are no module of the kind that the meter understands. The message goes to the operator. */
export class UnreadableModule extends Error {
  override readonly name = 'UnreadableModule';
}

/** Reads a WebAssembly binary from front to back. Never past its end: whatever would be there is an UnreadableModule. */
export class Cursor {
  readonly bytes: Uint8Array;
  readonly end: number;
  at: number;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  get isAtEnd(): boolean {
    return this.at >= this.end;
  }

  byte(): number {
    const byte = this.at < this.end ? this.bytes[this.at] : undefined;
    if (byte === undefined) throw new UnreadableModule('it ends in the middle of something');
    this.at += 1;
    return byte;
  }

  skip(count: number): void {
    if (count > this.end - this.at) throw new UnreadableModule('it ends in the middle of something');
    this.at += count;
  }

  /** An unsigned LEB128 number of up to 32 bits (core specification, 5.2.2). */
  u32(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) {
        if (value > 0xffffffff) break;
        return value;
      }
    }
    throw new UnreadableModule('it holds a number that is too long');
  }

  /** Skips a LEB128 number, signed or not, of at most `most` bytes. */
  skipLeb(most: number): void {
    for (let count = 0; count < most; count += 1) {
      if (this.byte() < 0x80) return;
    }
    throw new UnreadableModule('it holds a number that is too long');
  }

  /** A part of the given size, as a cursor of its own; this one goes on behind it. */
  part(size: number): Cursor {
    const start = this.at;
    this.skip(size);
    return new Cursor(this.bytes, start, this.at);
  }
}

/** Bytes that grow. */
export class Output {
  #bytes = new Uint8Array(4096);
  #length = 0;

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + count));
    larger.set(this.view());
    this.#bytes = larger;
  }

  append(bytes: ArrayLike<number>): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  clear(): void {
    this.#length = 0;
  }

  /** Valid until the next change. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  take(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }
}

/** Unsigned LEB128. */
export function u32(value: number): readonly number[] {
  const bytes: number[] = [];
  let left = value;
  do {
    const low = left % 128;
    left = Math.floor(left / 128);
    bytes.push(left > 0 ? low | 0x80 : low);
  } while (left > 0);
  return bytes;
}

/** Signed LEB128 of up to 32 bits. */
export function s32(value: number): readonly number[] {
  const bytes: number[] = [];
  for (let left = value | 0; ; left >>= 7) {
    const low = left & 0x7f;
    // The highest bit of the last group is the sign.
    if (left >> 6 === 0 || left >> 6 === -1) return [...bytes, low];
    bytes.push(low | 0x80);
  }
}
