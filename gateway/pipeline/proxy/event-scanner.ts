const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/**
 * Finds where events end in an SSE stream that arrives in pieces, cut anywhere. An event ends with a blank line; a line ends with CR LF, LF or CR
 * (WHATWG HTML section 9.2.5, "Parsing an event stream").
 */
export class EventScanner {
  #lineEmpty = true;
  #afterCr = false;

  /**
   * @param from where to go on in this piece; every byte must be scanned once, in order
   * @returns the position after the blank line, or -1 where the piece ends before it
   */
  findEnd(piece: Uint8Array, from: number): number {
    const onlyLineFeeds = !piece.includes(carriageReturn, from);
    let at = from;
    while (at < piece.length) {
      const byte = piece[at];
      if (byte === lineFeed) {
        at += 1;
        if (this.#afterCr) this.#afterCr = false;
        else if (this.#lineEmpty) return at;
        else this.#lineEmpty = true;
      } else if (byte === carriageReturn) {
        at += 1;
        const blank = this.#lineEmpty;
        this.#lineEmpty = true;
        this.#afterCr = true;
        if (!blank) continue;
        if (piece[at] === lineFeed) {
          this.#afterCr = false;
          at += 1;
        }
        return at;
      } else {
        this.#afterCr = false;
        this.#lineEmpty = false;
        if (!onlyLineFeeds) at += 1;
        else {
          const next = piece.indexOf(lineFeed, at);
          at = next === -1 ? piece.length : next;
        }
      }
    }
    return -1;
  }

  /** The last event ended with a CR at the end of the piece before: does this one begin with the LF that belongs to it? */
  takeTrailingLf(piece: Uint8Array): boolean {
    if (!this.#afterCr || piece[0] !== lineFeed) return false;
    this.#afterCr = false;
    return true;
  }

  /** Nothing of a further event has been seen, and no LF can still belong to the last one. */
  get rests(): boolean {
    return this.#lineEmpty && !this.#afterCr;
  }
}
