import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { isRefusal } from '../../../gateway/errors.ts';
import { type Accept, makeAccept } from '../../../gateway/pipeline/accept/accept.ts';
import type { Accepted } from '../../../gateway/vocabulary/request.ts';

export interface Shape {
  readonly method?: string;
  readonly url?: string;
  /** Names and values in turn, as they would stand on the wire. */
  readonly headers?: readonly string[];
  /** Leave out the Host that every request has, where `headers` names none. */
  readonly hostless?: true;
  readonly httpVersion?: string;
  readonly remoteAddress?: string;
  readonly encrypted?: boolean;
}

/** A request as Node hands it over, with nothing behind it. */
export function makeRequest(shape: Shape): IncomingMessage {
  const socket = new Socket();
  Object.defineProperty(socket, 'remoteAddress', { value: shape.remoteAddress ?? '203.0.113.7' });
  Object.defineProperty(socket, 'remotePort', { value: 40_000 });
  if (shape.encrypted !== false) Object.defineProperty(socket, 'encrypted', { value: true });
  const req = new IncomingMessage(socket);
  req.method = shape.method ?? 'POST';
  req.url = shape.url ?? '/v1/chat/completions';
  req.httpVersion = shape.httpVersion ?? '1.1';
  const headers = shape.headers ?? [];
  const hasHost = headers.some((name, at) => at % 2 === 0 && name.toLowerCase() === 'host');
  req.rawHeaders = [...(hasHost || shape.hostless ? [] : ['Host', 'localhost']), ...headers];
  return req;
}

let made = 0;

/** The stage with a frozen clock and counted ids. */
export const stage: Accept = makeAccept({
  newId: () => `request-${++made}`,
  clock: { now: () => 1_750_000_000_000, monotonic: () => 1000 },
});

/** The code of the refusal, or `undefined` where the request is accepted. */
export function refusedWith(shape: Shape): string | undefined {
  const req = makeRequest(shape);
  const result = stage.accept(stage.arrive(req), req);
  return isRefusal(result) ? result.code : undefined;
}

/** What becomes of a request that must be accepted. */
export function acceptedAs(shape: Shape): Accepted {
  const req = makeRequest(shape);
  const result = stage.accept(stage.arrive(req), req);
  if (isRefusal(result)) throw new Error(`refused with ${result.code}`);
  return result;
}
