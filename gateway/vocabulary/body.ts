/** Where a JSON member stands in a text, in bytes. `end` is exclusive. */
export interface MemberSpan {
  readonly keyStart: number;
  readonly valueStart: number;
  readonly valueEnd: number;
}

/**
 * A request body: the exact bytes that came, and one strict reading of them. The bytes have passed the strict scan (`gateway/json/`), so every
 * reader sees the same document: no duplicate keys, valid UTF-8, no lone surrogates, bounded depth, an object at the top.
 */
export interface RequestBody {
  readonly bytes: Uint8Array;
  /** The top-level members by name, in order of appearance. */
  readonly members: ReadonlyMap<string, MemberSpan>;
  /**
   * The parsed top-level object, but that a text of more than 4 KiB (in bytes of JSON) is another long one: for everything but the texts themselves.
   */
  readonly outline: Readonly<Record<string, unknown>>;
  /** The parsed top-level object, parsed when it is first read: of a large body that is costly. Reading only; what goes upstream is spliced from `bytes`. */
  readonly value: Readonly<Record<string, unknown>>;
}
