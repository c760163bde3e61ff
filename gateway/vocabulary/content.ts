/** Which half of an exchange a piece of content is: what the caller sent, and what it was answered. */
export type ContentPart = 'prompt' | 'answer';

/** What the record holds of content that was kept elsewhere: enough to recognise it, nothing to read. */
export interface ContentMark {
  /** Bytes that were kept. */
  readonly size: number;
  /** HMAC-SHA-256 of them, hex, under a key that is derived from the content key: nobody without it can test a guess. */
  readonly digest: string;
  /** Id of the content key. */
  readonly key: string;
  /** There was more than may be kept. */
  readonly truncated?: true;
  /** It could not be kept after all; the answer had gone to the caller by then. */
  readonly lost?: true;
}
