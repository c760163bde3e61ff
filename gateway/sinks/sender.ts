import type { DecisionLogEntry } from '../vocabulary/record.ts';
import type { DeliveryFailureKind } from '../vocabulary/sinks.ts';

/** A line of the log on its way to a sink. */
export interface SinkLine {
  readonly segment: string;
  /** Its number in its segment, from 1. */
  readonly number: number;
  /** As it stands in the log, without the newline. */
  readonly bytes: Buffer;
  /** What it says. Absent where the sender takes lines as they stand. */
  readonly entry?: DecisionLogEntry;
}

/** Brings lines to one receiver. */
export interface Sender {
  /** Whether it looks at entries, or takes lines as they stand. */
  readonly reads: 'entries' | 'lines';
  /**
   * Resolves when the receiver has confirmed all of the lines; it may leave out what is not for its kind of receiver. Called one at a time.
   * @throws DeliveryFailure
   */
  send(lines: readonly SinkLine[], signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** The receiver did not confirm. Whether it has the lines all the same is not known; they are sent again. The message holds no secret. */
export class DeliveryFailure extends Error {
  override readonly name = 'DeliveryFailure';
  readonly kind: DeliveryFailureKind;
  /** How long the receiver wants to be left alone. */
  readonly retryAfterMs: number | undefined;

  constructor(
    kind: DeliveryFailureKind,
    message: string,
    { cause, retryAfterMs }: { cause?: unknown; retryAfterMs?: number | undefined } = {},
  ) {
    super(message, cause === undefined ? {} : { cause });
    this.kind = kind;
    this.retryAfterMs = retryAfterMs;
  }
}
