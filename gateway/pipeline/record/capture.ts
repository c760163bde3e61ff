import { Breakage, type Refusal, refuse } from '../../errors.ts';
import type { ContentMark, ContentPart } from '../../vocabulary/content.ts';
import type { Decision } from '../../vocabulary/decision.ts';
import type { Logger } from '../../vocabulary/logger.ts';

export interface CaptureNeeds {
  /** Absent where no key is configured: then a decision that wants content kept is refused. */
  readonly store?: {
    put(label: { readonly decisionId: string; readonly part: ContentPart }, bytes: Uint8Array, truncated: boolean): Promise<ContentMark>;
  };
  /** Most bytes that are kept of one piece. */
  readonly maxBytes: number;
  /** Most bytes of answers that are held at one time, over all requests. */
  readonly inFlightBytes: number;
  readonly logger: Logger;
}

/** A copy of an answer, taken as it passes. */
export interface AnswerCopy {
  /** Takes what goes to the caller. It neither waits nor fails: what finds no room is left out. */
  take(bytes: Buffer): void;
  /** The answer has ended, one way or the other. */
  keep(): Promise<{ readonly answer?: ContentMark }>;
}

export interface Capture {
  wants(decision: Decision): boolean;
  /** Resolves when the prompt is on disk. @returns a refusal where it cannot be: then nothing may leave the gateway */
  prompt(decision: Decision, body: Uint8Array): Promise<ContentMark | Refusal>;
  answer(decisionId: string): AnswerCopy;
}

/**
 * Keeps the content of those requests for which the policy says so (`audit.capture: content`), and of no others.
 *
 * A prompt is kept before anything leaves. An answer is copied as it passes, within bounds of its own, and kept after its end, so that the caller
 * never waits for a disk.
 */
export function makeCapture({ store, maxBytes, inFlightBytes, logger }: CaptureNeeds): Capture {
  let inFlight = 0;
  return {
    wants: ({ answer }) => answer.audit?.capture === 'content',
    async prompt({ decisionId, policy }, body) {
      if (store === undefined) return refuse('record.content-unavailable', { policy });
      try {
        return await store.put({ decisionId, part: 'prompt' }, body.subarray(0, maxBytes), body.length > maxBytes);
      } catch (error) {
        if (!(error instanceof Breakage)) throw error;
        logger.error('the content of a request cannot be kept; the request was refused', { decision_id: decisionId, error });
        return refuse('record.content-unavailable', { policy });
      }
    },
    answer(decisionId) {
      let chunks: Buffer[] = [];
      let size = 0;
      let truncated = false;
      return {
        take(bytes) {
          const room = Math.min(maxBytes - size, inFlightBytes - inFlight);
          if (bytes.length > room) truncated = true;
          if (room <= 0) return;
          const taken = bytes.subarray(0, room);
          chunks.push(taken);
          size += taken.length;
          inFlight += taken.length;
        },
        async keep() {
          const whole = Buffer.concat(chunks);
          chunks = [];
          inFlight -= size;
          if (size === 0 && !truncated) return {};
          try {
            if (store === undefined) throw new Breakage('record.content-unavailable', 'content has no place');
            return { answer: await store.put({ decisionId, part: 'answer' }, whole, truncated) };
          } catch (error) {
            if (!(error instanceof Breakage)) throw error;
            logger.error('the content of an answer could not be kept', { decision_id: decisionId, error });
            return { answer: { size: 0, digest: '', key: '', lost: true } };
          }
        },
      };
    },
  };
}
