import type { ErrorCode } from '../errors.ts';
import type { ContentMark } from './content.ts';

/** Token counts as the provider reported them; a count that it did not report is absent (unknown is not zero). */
export interface Usage {
  /** Includes cached tokens (OpenTelemetry `gen_ai.usage.input_tokens`). */
  readonly input_tokens?: number;
  readonly output_tokens?: number;
  readonly cache_read_input_tokens?: number;
  readonly cache_creation_input_tokens?: number;
  readonly reasoning_output_tokens?: number;
}

/** How a delivery ended. */
export type Outcome =
  | 'completed'
  | 'client-aborted'
  | 'upstream-unreachable'
  | 'upstream-timeout'
  | 'upstream-broke-off'
  | 'upstream-error'
  | 'refused'
  | 'gateway-error';

/** What happened to the bytes. */
export interface Delivered {
  readonly outcome: Outcome;
  /** What the caller has to be told, where nothing has been sent and somebody is still there to be told. */
  readonly code?: ErrorCode;
  /** The status that the caller was sent; absent where nothing was sent. */
  readonly status?: number;
  /** The status that the backend answered; absent where it did not. */
  readonly upstreamStatus?: number;
  /** Bytes have reached the caller: there is no going back, and no fallback. */
  readonly committed: boolean;
  readonly usage?: Usage;
  /** The model that the answer names. */
  readonly modelAnswered?: string;
  readonly finishReason?: string;
  readonly upstreamRequestId?: string;
  /** From the hand-over to the proxy stage until the first byte of the answer's body was passed on. */
  readonly firstByteMs?: number;
  readonly bytesSent: number;
  /** What was kept of the answer, where the policy wants that. */
  readonly answer?: ContentMark;
}
