const quote = 0x22;
const backslash = 0x5c;

/** Bytes that are looked through one by one: for most keys and short values that is quicker than a native call. */
const nearBytes = 24;

function findQuote(bytes: Uint8Array, from: number): number {
  const near = Math.min(from + nearBytes, bytes.length);
  for (let at = from; at < near; at += 1) if (bytes[at] === quote) return at;
  return near === bytes.length ? -1 : bytes.indexOf(quote, near);
}

/** Finds the end of a JSON string whose text arrives in pieces. Quotes are found natively, since most of an answer is text. */
export class StringSkip {
  /** Inside a string. Set it behind an opening quote. */
  open = false;
  /** The last piece ended with a backslash that escapes the next byte. */
  #escaped = false;

  /** @returns the position behind the closing quote, and `open` is false; or the piece's length */
  skip(bytes: Uint8Array, at: number): number {
    let next = at;
    if (this.#escaped) {
      this.#escaped = false;
      next += 1;
    }
    for (;;) {
      const close = findQuote(bytes, next);
      const until = close === -1 ? bytes.length : close;
      let slashes = 0;
      while (until - slashes - 1 >= next && bytes[until - slashes - 1] === backslash) slashes += 1;
      const odd = slashes % 2 === 1;
      if (close === -1) {
        this.#escaped = odd;
        return bytes.length;
      }
      next = close + 1;
      if (!odd) {
        this.open = false;
        return next;
      }
    }
  }
}
