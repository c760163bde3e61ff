import type { Agent, ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import type { Dialect } from '../../backends/dialect.ts';
import type { ErrorCode } from '../../errors.ts';
import type { Backend } from '../../vocabulary/catalogue.ts';
import type { Clock } from '../../vocabulary/clock.ts';
import type { Delivered, Outcome } from '../../vocabulary/delivered.ts';
import type { Logger } from '../../vocabulary/logger.ts';
import type { ArmedForward } from '../../vocabulary/permit.ts';
import { readLength, writeAnswerHead } from './answer-head.ts';
import { chooseTap } from './choose-tap.ts';
import { describeDelivery } from './describe-delivery.ts';
import { drain } from './drain.ts';
import { judgeStatus } from './judge-status.ts';
import type { Leg } from './outbound.ts';
import { Relay } from './relay.ts';
import { type Tap, untapped } from './tap.ts';
import { tellable } from './told.ts';
import { type Overdue, Watchdog } from './watchdog.ts';

export interface ExchangeParts {
  readonly armed: ArmedForward;
  readonly backend: Backend;
  readonly dialect: Dialect;
  readonly agent: Agent;
  readonly res: ServerResponse;
  readonly decisionId: string;
  readonly mayRetry: boolean;
  /** Is shown what goes to the caller. */
  readonly copy?: ((bytes: Buffer) => void) | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

const empty = new Uint8Array();

/** A stream may begin with a long silence. Its head waits this long for the first event, with which it leaves in one write, and no longer. */
const headMs = 5;

/**
 * One exchange with a backend, from the hand-over to its one end, whichever comes first: the answer has been carried, the backend failed, a limit
 * ran out, or the caller left. `delivered` tells which; it never rejects.
 */
export class Exchange implements Leg {
  readonly delivered: Promise<Delivered>;
  readonly #parts: ExchangeParts;
  readonly #startedAt: number;
  readonly #watchdog = new Watchdog((overdue) => this.#overdue(overdue));
  readonly #resolve: (delivered: Delivered) => void;
  #request: ClientRequest | undefined;
  #answer: IncomingMessage | undefined;
  #relay: Relay | undefined;
  #tap: Tap = untapped;
  #headTimer: NodeJS.Timeout | undefined;
  #connected = false;
  /** Why the answer is not passed on, while the rest of it is let run out. */
  #dismissed: ErrorCode | undefined;
  over = false;

  constructor(parts: ExchangeParts) {
    this.#parts = parts;
    this.#startedAt = parts.clock.monotonic();
    const { promise, resolve } = Promise.withResolvers<Delivered>();
    this.delivered = promise;
    this.#resolve = resolve;
    parts.res.on('close', this.#onCallerGone);
    // An error of the caller's connection comes with its close; without a listener it would end the process.
    parts.res.on('error', this.#onCallerGone);
    if (parts.res.closed || parts.res.destroyed) {
      this.#end('client-aborted');
      return;
    }
    this.#watchdog.begin('connect', parts.backend.timeoutMs.connect);
    if (parts.armed.permit.timeoutMs !== undefined) this.#watchdog.limitTotal(parts.armed.permit.timeoutMs);
  }

  get method(): string {
    return this.#parts.armed.permit.method;
  }

  get target(): URL {
    return this.#parts.armed.target;
  }

  get headers(): Readonly<Record<string, string>> {
    return this.#parts.armed.headers;
  }

  get body(): Uint8Array {
    return this.#parts.armed.permit.body ?? empty;
  }

  get agent(): Agent {
    return this.#parts.agent;
  }

  connecting(request: ClientRequest): void {
    this.#request = request;
    if (this.over) {
      request.destroy();
      return;
    }
    // Some ends come with neither an answer nor an error, such as a 101 that nobody asked for.
    request.once('close', () => {
      if (this.#answer === undefined) this.failed(undefined);
    });
    if (request.reusedSocket) this.#onConnected();
    else request.socket?.once(this.target.protocol === 'https:' ? 'secureConnect' : 'connect', this.#onConnected);
  }

  answered(answer: IncomingMessage): void {
    this.#answer = answer;
    if (this.over) {
      answer.destroy();
      return;
    }
    this.#onConnected();
    const status = answer.statusCode ?? 0;
    const code = judgeStatus(status, this.#parts.mayRetry);
    if (code === undefined) {
      this.#carry(answer, status);
      return;
    }
    const fields = { backend: this.#parts.backend.id, decision_id: this.#parts.decisionId, status };
    if (code === 'upstream.credential-refused') this.#parts.logger.error('A backend did not accept the credential of the gateway', fields);
    else this.#parts.logger.warn('A backend gave an answer that is not passed on', fields);
    this.#dismissed = code;
    drain(answer, () => this.#end('upstream-error', code));
  }

  failed(cause: unknown): void {
    if (this.over) return;
    if (this.#dismissed !== undefined) {
      this.#end('upstream-error', this.#dismissed);
      return;
    }
    const { backend, decisionId, logger } = this.#parts;
    logger.warn(this.#connected ? 'A backend broke off' : 'A backend could not be reached', {
      backend: backend.id,
      decision_id: decisionId,
      error: errorCode(cause),
    });
    if (this.#connected) this.#breakOff('upstream-broke-off', 'upstream.broke-off');
    else this.#end('upstream-unreachable', 'upstream.unreachable');
  }

  broken(cause: unknown): void {
    if (this.over) return;
    this.#parts.logger.error('The proxy failed', { decision_id: this.#parts.decisionId, error: cause });
    this.#breakOff('gateway-error', 'gateway.error');
  }

  #carry(answer: IncomingMessage, status: number): void {
    const { armed, dialect, res, decisionId, clock } = this.#parts;
    const { permit } = armed;
    const { 'content-type': contentType, 'content-encoding': contentEncoding } = answer.headers;
    this.#tap = chooseTap(dialect, permit.operation, { status, contentType, contentEncoding }, permit.dropUsageChunk);
    const length = this.#tap.keepsLength ? readLength(answer) : undefined;
    writeAnswerHead(res, answer, dialect, decisionId, length);
    this.#relay = new Relay({
      answer,
      res,
      tap: this.#tap,
      copy: this.#parts.copy,
      length,
      clock,
      startedAt: this.#startedAt,
      onMove: () => this.#watchdog.touch(),
      onBroken: (cause) => this.broken(cause),
      onDone: () => this.#end(status >= 400 || this.#tap.read().failed === true ? 'upstream-error' : 'completed'),
    });
    if (permit.stream) this.#headTimer = setTimeout(() => this.#flushHead(), headMs);
  }

  #flushHead(): void {
    if (!this.over && this.#relay?.bytesSent === 0 && !this.#parts.res.writableEnded) this.#parts.res.flushHeaders();
  }

  readonly #onConnected = (): void => {
    this.#connected = true;
    if (!this.over) this.#watchdog.begin('idle', this.#parts.backend.timeoutMs.idle);
  };

  readonly #onCallerGone = (): void => {
    if (!this.#parts.res.writableFinished) this.#end('client-aborted');
  };

  #overdue(overdue: Overdue): void {
    const { res, backend, decisionId, logger } = this.#parts;
    if (overdue === 'idle' && (res.writableNeedDrain || res.writableEnded)) {
      // The backend is not slow: the caller has stopped reading, and holds a connection on either side.
      logger.warn('A caller stopped reading its answer', { decision_id: decisionId });
      this.#end('client-aborted');
      res.destroy();
      return;
    }
    logger.warn('A backend took too long', { backend: backend.id, decision_id: decisionId, limit: overdue });
    if (overdue === 'connect') this.#end('upstream-unreachable', 'upstream.unreachable');
    else this.#breakOff('upstream-timeout', 'upstream.timeout');
  }

  /**
   * The answer will not come, or not wholly. Once a part has been sent, the caller's connection is broken, never ended as if all were there; in a
   * stream of events a last one tells why, where it cannot end up inside another.
   */
  #breakOff(outcome: Outcome, code: ErrorCode): void {
    const { res, dialect, decisionId } = this.#parts;
    const between = this.#tap.betweenEvents;
    this.#end(outcome, code);
    if (!res.headersSent) return;
    if (!between || res.writableEnded || res.writableNeedDrain) res.destroy();
    else res.write(dialect.errorEvent(tellable({ code, reasons: [] }, decisionId)), () => res.destroy());
  }

  #end(outcome: Outcome, code?: ErrorCode): void {
    if (this.over) return;
    this.over = true;
    this.#watchdog.stop();
    clearTimeout(this.#headTimer);
    const { res, dialect } = this.#parts;
    res.off('close', this.#onCallerGone);
    this.#relay?.stop();
    // Destroying a request whose answer has been read whole does nothing: its connection is already back in the pool.
    if (outcome !== 'completed' && this.#answer?.complete !== true) this.#request?.destroy();
    this.#resolve(describeDelivery(outcome, code, { answer: this.#answer, relay: this.#relay, reading: this.#tap.read(), res, dialect }));
  }
}

/** The system's name of a failure. Messages may hold addresses and parts of certificates; they are not needed. */
function errorCode(cause: unknown): string {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : 'none';
}
