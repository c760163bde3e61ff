import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Dialect, Reading } from '../../backends/dialect.ts';
import type { ErrorCode } from '../../errors.ts';
import type { Delivered, Outcome } from '../../vocabulary/delivered.ts';
import type { Relay } from './relay.ts';

export interface DeliveryParts {
  readonly answer: IncomingMessage | undefined;
  /** There is one as soon as the answer's head has been written to the caller. */
  readonly relay: Relay | undefined;
  readonly reading: Reading;
  readonly res: ServerResponse;
  readonly dialect: Dialect;
}

const plainId = /^[\x21-\x7e]{1,128}$/;

/** Puts together what is known of an exchange at its end; what is not known is absent. */
export function describeDelivery(outcome: Outcome, code: ErrorCode | undefined, parts: DeliveryParts): Delivered {
  const { answer, relay, res, dialect } = parts;
  const { usage, model, finishReason } = parts.reading;
  const requestId = answer?.headers[dialect.requestIdHeader];
  return {
    outcome,
    committed: relay !== undefined,
    bytesSent: relay?.bytesSent ?? 0,
    ...(code === undefined || relay !== undefined ? {} : { code }),
    ...(answer?.statusCode === undefined ? {} : { upstreamStatus: answer.statusCode }),
    ...(relay === undefined ? {} : { status: res.statusCode }),
    ...(relay?.firstByteMs === undefined ? {} : { firstByteMs: relay.firstByteMs }),
    ...(usage === undefined ? {} : { usage }),
    ...(model === undefined ? {} : { modelAnswered: model }),
    ...(finishReason === undefined ? {} : { finishReason }),
    ...(typeof requestId === 'string' && plainId.test(requestId) ? { upstreamRequestId: requestId } : {}),
  };
}
