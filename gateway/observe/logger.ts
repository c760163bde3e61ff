import { createLogger, format, transports } from 'winston';
import { scrub } from '../secret/known.ts';
import type { Clock } from '../vocabulary/clock.ts';
import type { LogFields, Logger } from '../vocabulary/logger.ts';
import { systemClock } from './clock.ts';
import { type LineBatch, makeLineBatch } from './line-batch.ts';
import { renderJson, renderPretty } from './render-log-line.ts';

/** Under which winston keeps the rendered line (the package `triple-beam`). */
const MESSAGE = Symbol.for('message');

export interface LoggerNeeds {
  readonly level: 'error' | 'warn' | 'info' | 'debug';
  /** `pretty` for people at a terminal, `json` for whatever collects logs. */
  readonly format: 'pretty' | 'json';
  /** Standard error unless given: standard output belongs to what a command was asked for. */
  readonly stream?: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly clock?: Clock;
}

export interface ClosableLogger extends Logger {
  /** Resolves when everything logged so far has been handed to the stream. Nothing is taken afterwards. */
  close(): Promise<void>;
}

/** What winston has rendered, on its way out. Warnings and errors do not wait: they may be the last that is heard. */
class BatchTransport extends transports.Stream {
  readonly #batch: LineBatch;

  constructor(stream: NodeJS.WritableStream, batch: LineBatch) {
    super({ stream });
    this.#batch = batch;
  }

  override log(info: { readonly level: string; readonly [MESSAGE]: string }, next: () => void): void {
    this.#batch.add(`${info[MESSAGE]}\n`, info.level === 'warn' || info.level === 'error');
    next();
  }
}

/** Makes the operational log. The decision log is another thing, and does not pass through here. */
export function makeLogger({ level, format: shape, stream = process.stderr, clock = systemClock }: LoggerNeeds): ClosableLogger {
  const colour = stream.isTTY === true;
  const render = format.printf(({ level: at, message, fields }) => {
    const line = { time: new Date(clock.now()).toISOString(), level: at, message: String(message), fields: (fields ?? {}) as LogFields };
    return scrub(shape === 'json' ? renderJson(line) : renderPretty(line, colour)).text;
  });
  const batch = makeLineBatch(stream);
  const winston = createLogger({ level, format: render, transports: [new BatchTransport(stream, batch)], exitOnError: false });
  let closed = false;
  // A reader that went away (EPIPE) must not end the gateway; there is nowhere left to say so.
  stream.on('error', () => undefined);

  function write(at: string, message: string, fields?: LogFields): void {
    // One object, since winston would glue a field named `message` to the message.
    if (!closed) winston.log({ level: at, message, fields });
  }

  return {
    error: (message, fields) => write('error', message, fields),
    warn: (message, fields) => write('warn', message, fields),
    info: (message, fields) => write('info', message, fields),
    debug: (message, fields) => write('debug', message, fields),
    close() {
      if (closed) return Promise.resolve();
      closed = true;
      return new Promise((resolve) => {
        winston.once('finish', () => {
          batch.close();
          resolve();
        });
        winston.end();
      });
    },
  };
}
