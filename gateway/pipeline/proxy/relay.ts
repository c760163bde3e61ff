import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../vocabulary/clock.ts';
import type { Tap } from './tap.ts';

export interface RelayParts {
  readonly answer: IncomingMessage;
  readonly res: ServerResponse;
  readonly tap: Tap;
  /** Is shown what goes to the caller. It neither waits nor throws. */
  readonly copy: ((bytes: Buffer) => void) | undefined;
  /** The body's length, where the caller was told it. */
  readonly length: number | undefined;
  readonly clock: Clock;
  /** Monotonic milliseconds at the hand-over. */
  readonly startedAt: number;
  /** The backend has sent something, or the caller has taken something. */
  readonly onMove: () => void;
  /** Carrying failed for a reason of the gateway's own. */
  readonly onBroken: (cause: unknown) => void;
  /** Everything that the backend sent has been handed to the caller's connection. */
  readonly onDone: () => void;
}

/**
 * Carries the body of an answer to the caller, with back-pressure: while the caller's connection is full, nothing is read from the backend's. It
 * only ends well; whoever made it notices the rest and calls `stop`.
 */
export class Relay {
  readonly #parts: RelayParts;
  #received = 0;
  #ended = false;
  #finished = false;
  bytesSent = 0;
  firstByteMs: number | undefined;

  constructor(parts: RelayParts) {
    this.#parts = parts;
    parts.answer.on('data', this.#onData);
    parts.answer.once('end', this.#onEnd);
    parts.res.on('drain', this.#onDrain);
    parts.res.once('finish', this.#onFinish);
  }

  /** Lets go of both sides. */
  stop(): void {
    const { answer, res } = this.#parts;
    answer.off('data', this.#onData);
    answer.off('end', this.#onEnd);
    res.off('drain', this.#onDrain);
    res.off('finish', this.#onFinish);
  }

  readonly #onData = (chunk: Buffer): void => {
    try {
      this.#pass(chunk);
    } catch (cause) {
      this.#parts.onBroken(cause);
    }
  };

  readonly #onEnd = (): void => {
    try {
      this.#finish();
    } catch (cause) {
      this.#parts.onBroken(cause);
    }
  };

  readonly #onDrain = (): void => {
    this.#parts.onMove();
    this.#parts.answer.resume();
  };

  readonly #onFinish = (): void => {
    this.#finished = true;
    if (this.#ended) this.#parts.onDone();
  };

  #pass(chunk: Buffer): void {
    const { answer, res, tap, length, onMove } = this.#parts;
    onMove();
    this.#received += chunk.length;
    const passing = tap.pass(chunk);
    if (passing === undefined) return;
    this.#count(passing);
    // The last byte is known from the length: the end goes along in the same write.
    if (this.#received === length) res.end(passing);
    else if (!res.write(passing)) answer.pause();
  }

  #finish(): void {
    const { res, tap, onDone } = this.#parts;
    const rest = tap.flush();
    this.#ended = true;
    if (!res.writableEnded) {
      if (rest !== undefined) this.#count(rest);
      res.end(rest);
    }
    if (this.#finished) onDone();
  }

  #count(bytes: Buffer): void {
    const { clock, startedAt, copy } = this.#parts;
    copy?.(bytes);
    this.firstByteMs ??= clock.monotonic() - startedAt;
    this.bytesSent += bytes.length;
  }
}
