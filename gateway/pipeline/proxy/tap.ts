import type { Reading } from '../../backends/dialect.ts';

/** Watches the bytes of one answer as they pass. It holds back nothing but what it may have to take out. */
export interface Tap {
  /** @returns what goes on to the caller now: as a rule the very same bytes; `undefined` for nothing yet */
  pass(chunk: Buffer): Buffer | undefined;
  /** The answer is complete. @returns what was held back until now */
  flush(): Buffer | undefined;
  /** What is known of the answer so far. */
  read(): Reading;
  /** Whatever passes keeps its length. */
  readonly keepsLength: boolean;
  /** In a stream of events: what has passed ends with a whole event, so that an event of the gateway's could follow. */
  readonly betweenEvents: boolean;
}

const nothing: Reading = {};

/** For answers of which nothing is to be read. */
export const untapped: Tap = {
  pass: (chunk) => chunk,
  flush: () => undefined,
  read: () => nothing,
  keepsLength: true,
  betweenEvents: false,
};
