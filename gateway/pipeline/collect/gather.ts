/** A piece of this size is kept as it came; what it costs beside its bytes does not matter. */
const largePiece = 4 * 1024;
const pileBytes = 16 * 1024;

/** Gathers the pieces of a body. */
export interface Gather {
  add(piece: Buffer): void;
  /** All of it in one buffer. */
  whole(): Buffer;
}

/**
 * Makes a gathering whose memory follows the bytes of a body, however it is cut. The sender cuts it: in chunks of one byte each (RFC 9112 section
 * 7.1 allows them) every byte would be a buffer of its own, at several hundred times its size, and pin the memory of the read that it came with.
 * So small pieces are copied together as they come.
 */
export function makeGather(): Gather {
  const pieces: Buffer[] = [];
  let length = 0;
  let pile = Buffer.alloc(0);
  let filled = 0;

  /** Puts what has been copied in its place among the pieces; the rest of the pile serves the next ones. */
  function settlePile(): void {
    if (filled === 0) return;
    pieces.push(pile.subarray(0, filled));
    pile = pile.subarray(filled);
    filled = 0;
  }

  function add(piece: Buffer): void {
    // Most bodies come in one piece.
    if (length === 0 || piece.length >= largePiece) {
      settlePile();
      pieces.push(piece);
    } else {
      if (piece.length > pile.length - filled) {
        settlePile();
        pile = Buffer.allocUnsafeSlow(pileBytes);
      }
      filled += piece.copy(pile, filled);
    }
    length += piece.length;
  }

  return {
    add,
    whole() {
      settlePile();
      return Buffer.concat(pieces, length);
    },
  };
}
