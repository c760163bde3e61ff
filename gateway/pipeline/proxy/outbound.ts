import type { ClientRequest, Agent as HttpAgent } from 'node:http';
import { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Stream } from 'node:stream';

/** One leg to a backend, as the proxying library has to see it. */
export interface Leg {
  readonly method: string;
  readonly target: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly agent: HttpAgent;
  /** Nobody waits for it any more: it must not be sent. */
  readonly over: boolean;
  /** The request has a socket, which may still be connecting. */
  connecting(request: ClientRequest): void;
  answered(response: IncomingMessage): void;
  /** The backend or the way to it failed. */
  failed(cause: unknown): void;
  /** The gateway itself failed. */
  broken(cause: unknown): void;
}

/**
 * The request that the proxying library forwards, in place of the caller's.
 *
 * The library copies every header of the request that it is given, runs no hook for a request with `Expect`, and ties its answer to the caller's
 * response. So it never sees the caller's: this one has the armed headers and nothing else, and what cannot be seen cannot leak.
 */
export class Outbound extends IncomingMessage {
  readonly leg: Leg;
  /** Stands for a response; all that the library does with it is to listen for its end. */
  readonly response: ServerResponse;

  /** @param socket the caller's; the library asks it whether the caller is still there */
  constructor(leg: Leg, socket: Socket) {
    super(socket);
    this.leg = leg;
    this.method = leg.method;
    this.url = '/';
    this.httpVersion = '1.1';
    this.httpVersionMajor = 1;
    this.httpVersionMinor = 1;
    Object.assign(this.headers, leg.headers);
    this.response = new ServerResponse(this);
  }
}

/** A body that is in memory already: it leaves in one write, together with the head. */
export class ExactBody extends Stream {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    super();
    this.#bytes = bytes;
  }

  override pipe<T extends NodeJS.WritableStream>(destination: T): T {
    if (this.#bytes.byteLength === 0) destination.end();
    else destination.end(this.#bytes);
    return destination;
  }
}
