/**
 * A value that may be used but never shown.
 *
 * Only `gateway/secret.ts` makes one. Its `toString`, `toJSON` and inspection give `[secret]`, so a secret that strays into a log line, an error
 * or a record arrives there as that word.
 */
export interface Secret {
  /** The clear text. Call it where the bytes leave for their one rightful place (a hash, an outgoing header), nowhere else. */
  reveal(): string;
  toJSON(): '[secret]';
}
