import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Refusal, refuse } from '../../errors.ts';
import type { Accepted } from '../../vocabulary/request.ts';
import { bodyHeadProblem } from './body-head.ts';
import { makeGather } from './gather.ts';
import type { InFlight } from './in-flight.ts';

export interface ReadBodyNeeds {
  readonly limitBytes: number;
  readonly timeoutMs: number;
  readonly inFlight: InFlight;
}

/**
 * Reads a request body into one buffer of exactly its bytes, within the limits of one body, of all bodies, and of time. What it reserves of the
 * shared room is released when the response closes, however the request ends.
 *
 * `Expect: 100-continue` (RFC 9110 section 10.1.1) is answered here and no earlier: a body that the head alone condemns is never asked for. After a
 * refusal the connection is not kept, since the rest of the body would stand where the next request is expected.
 */
export function makeReadBody({ limitBytes, timeoutMs, inFlight }: ReadBodyNeeds) {
  return async function readBody(accepted: Accepted, req: IncomingMessage, res: ServerResponse): Promise<Buffer | Refusal> {
    const problem = bodyHeadProblem(accepted, limitBytes);
    if (problem !== undefined) {
      if (problem !== 'body.missing') res.shouldKeepAlive = false;
      return refuse(problem);
    }
    let reserved = 0;
    const reserve = (bytes: number): boolean => {
      if (!inFlight.reserve(bytes)) return false;
      reserved += bytes;
      return true;
    };
    const announced = accepted.announcedBytes;
    const room = announced === undefined || reserve(announced);
    if (res.closed) inFlight.release(reserved);
    else res.once('close', () => inFlight.release(reserved));
    const read = room
      ? await receive(accepted, req, res, announced === undefined ? reserve : () => true)
      : refuse('body.too-many-in-flight');
    if (!Buffer.isBuffer(read)) res.shouldKeepAlive = false;
    return read;
  };

  function receive(
    accepted: Accepted,
    req: IncomingMessage,
    res: ServerResponse,
    reserve: (bytes: number) => boolean,
  ): Promise<Buffer | Refusal> {
    if (req.destroyed && !req.complete) return Promise.resolve(refuse('body.incomplete'));
    const { promise, resolve } = Promise.withResolvers<Buffer | Refusal>();
    const gather = makeGather();
    let length = 0;
    const settle = (result: Buffer | Refusal): void => {
      clearTimeout(timer);
      req.off('data', onData).off('end', onEnd).off('close', onGone).off('error', onGone);
      // An error after this point has no reader; without a listener it would end the process.
      req.on('error', ignore);
      if (!Buffer.isBuffer(result)) req.pause();
      resolve(result);
    };
    const onData = (chunk: Buffer): void => {
      length += chunk.length;
      if (length > limitBytes) settle(refuse('body.too-large'));
      else if (!reserve(chunk.length)) settle(refuse('body.too-many-in-flight'));
      else gather.add(chunk);
    };
    const onEnd = (): void => {
      if (length === 0) settle(refuse('body.missing'));
      else if (accepted.announcedBytes !== undefined && length !== accepted.announcedBytes) settle(refuse('body.incomplete'));
      else settle(gather.whole());
    };
    const onGone = (): void => settle(refuse('body.incomplete'));
    const timer = setTimeout(() => settle(refuse('body.timeout')), timeoutMs);
    req.on('data', onData).on('end', onEnd).on('close', onGone).on('error', onGone);
    // "In an HTTP/1.0 request [a server] MUST ignore that expectation": to such a client an interim answer is the answer.
    if (accepted.headers.has('expect') && req.httpVersion !== '1.0') res.writeContinue();
    return promise;
  }
}

function ignore(): void {}
