import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Breakage } from '../errors.ts';
import type { Logger } from '../vocabulary/logger.ts';
import type { LogCount, LogPage, LogQuery, StatisticsBy } from '../vocabulary/search.ts';
import type { FoundRecord } from './read-found.ts';

export interface SearchNeeds {
  /** Of the decision log. */
  readonly directory: string;
  /** File of the index. */
  readonly index: string;
  readonly logger: Logger;
}

/** What the thread is asked, and gives. */
export interface Questions {
  search: { readonly ask: { readonly query: LogQuery; readonly limit: number; readonly cursor?: string }; readonly give: LogPage };
  count: {
    readonly ask: { readonly by: StatisticsBy; readonly query: LogQuery; readonly limit: number };
    readonly give: readonly LogCount[];
  };
  /** The records themselves, of a decision's or a request's id. */
  read: { readonly ask: { readonly query: LogQuery; readonly limit: number }; readonly give: readonly FoundRecord[] };
}

export type Question = { [K in keyof Questions]: { readonly what: K } & Questions[K]['ask'] }[keyof Questions];
export type Reply = { readonly number: number } & ({ readonly given: unknown } | { readonly failed: string });

export interface Search {
  ask<K extends keyof Questions>(what: K, ask: Questions[K]['ask']): Promise<Questions[K]['give']>;
  close(): Promise<void>;
}

/** A first look at a long log takes a while; the index is kept, so only the first. */
const patienceMs = 300_000;

/**
 * Makes the search of the decision log. All of it happens in a thread of its own: reading files and asking the index must not hold up a request. The thread
 * starts with the first question, and again where it broke.
 */
export function makeSearch({ directory, index, logger }: SearchNeeds): Search {
  let thread: Worker | undefined;
  let asked = 0;
  const waiting = new Map<number, { readonly resolve: (given: unknown) => void; readonly reject: (error: Breakage) => void }>();

  function fail(error: Error): void {
    thread = undefined;
    logger.error('the search of the decision log broke off; it begins anew with the next question', { error });
    for (const { reject } of waiting.values())
      reject(new Breakage('record.unreadable', 'the search of the decision log broke off', { cause: error }));
    waiting.clear();
  }

  function start(): Worker {
    const started = new Worker(new URL(`./search-thread${extname(import.meta.filename)}`, import.meta.url), {
      workerData: { directory, index },
      env: {},
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    started.unref();
    started.on('message', (reply: Reply) => {
      const { number } = reply;
      const waits = waiting.get(number);
      waiting.delete(number);
      if ('failed' in reply) waits?.reject(new Breakage('record.unreadable', reply.failed));
      else waits?.resolve(reply.given);
    });
    started.on('error', fail);
    return started;
  }

  return {
    ask(what, ask) {
      thread ??= start();
      const number = ++asked;
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      const timer = setTimeout(() => {
        waiting.delete(number);
        reject(new Breakage('record.unreadable', 'the search of the decision log takes too long'));
      }, patienceMs);
      waiting.set(number, { resolve, reject });
      thread.postMessage({ number, what, ...ask });
      return promise.finally(() => clearTimeout(timer)) as Promise<never>;
    },
    async close() {
      await thread?.terminate();
      thread = undefined;
    },
  };
}
