import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Logger } from '../vocabulary/logger.ts';
import type { PolicyInput } from '../vocabulary/policy-input.ts';
import type { Verdict } from '../vocabulary/verdict.ts';
import type { ShadowData, ShadowQuestion, ShadowReply } from './shadow-thread.ts';

/** Questions that cross to the thread in one piece. */
const batch = 64;
/** Of inputs that are written down in one turn: this happens between requests, and must not hold up the next one. */
const mostBytes = 256 * 1024;

export interface ShadowNeeds {
  readonly data: ShadowData;
  /** Questions that may wait. */
  readonly queue: number;
  readonly logger: Logger;
  readonly dropped: (count: number) => void;
  /** In place of a thread of its own, for tests. */
  readonly startThread?: (data: ShadowData) => ShadowThread;
}

/** A thread as far as it is used here. */
export interface ShadowThread {
  postMessage(questions: readonly ShadowQuestion[]): void;
  on(event: 'message', listener: (reply: ShadowReply) => void): unknown;
  on(event: 'error' | 'exit', listener: (cause: unknown) => void): unknown;
  terminate(): unknown;
}

export interface Shadow {
  /** Asks, later and elsewhere. Costs the caller next to nothing; never throws. */
  ask(input: PolicyInput, seed: string, now: bigint, answered: (verdict: Verdict) => void): void;
  /** Its thread has ended: it answers nothing any more. */
  isGone(): boolean;
  stop(): void;
}

interface Waiting {
  readonly input: PolicyInput;
  readonly seed: string;
  readonly now: bigint;
  readonly answered: (verdict: Verdict) => void;
}

/**
 * Asks a candidate in a thread of its own. What waits is bounded by number and by size, and what is too much is dropped and counted: a candidate
 * that is slow, that fails or that is gone costs no request anything.
 */
export function makeShadow({ data, queue, logger, dropped, startThread = startWorker }: ShadowNeeds): Shadow {
  const thread = startThread(data);
  let waiting: Waiting[] = [];
  let asked: readonly Waiting[] = [];
  let state: 'starting' | 'idle' | 'busy' | 'gone' = 'starting';
  let planned = false;

  /** Writing inputs down is left for the end of the turn, after the requests. */
  function plan(): void {
    if (planned || state !== 'idle' || waiting.length === 0) return;
    planned = true;
    setImmediate(flush);
  }

  function flush(): void {
    planned = false;
    if (state !== 'idle') return;
    const questions: ShadowQuestion[] = [];
    const taken: Waiting[] = [];
    let bytes = 0;
    while (waiting.length > taken.length && taken.length < batch && bytes < mostBytes) {
      const one = waiting[taken.length];
      if (one === undefined) break;
      const input = JSON.stringify(one.input);
      bytes += input.length;
      taken.push(one);
      questions.push({ input, seed: one.seed, now: one.now });
    }
    waiting = waiting.slice(taken.length);
    asked = taken;
    state = 'busy';
    thread.postMessage(questions);
  }

  function lose(why: string, cause: unknown): void {
    if (state === 'gone') return;
    state = 'gone';
    logger.error('The candidate policy is not asked any more; requests go on', { message: why, cause });
    dropped(waiting.length + asked.length);
    waiting = [];
    asked = [];
  }

  thread.on('message', (reply) => {
    if ('refused' in reply) return lose(reply.refused, undefined);
    const answered = asked;
    asked = [];
    if (state !== 'gone') state = 'idle';
    if ('verdicts' in reply) for (const [index, verdict] of reply.verdicts.entries()) answered[index]?.answered(verdict);
    plan();
  });
  thread.on('error', (cause) => lose('its thread broke off', cause));
  thread.on('exit', (cause) => lose('its thread ended', cause));

  return {
    ask(input, seed, now, answered) {
      if (state === 'gone' || waiting.length >= queue) return dropped(1);
      waiting.push({ input, seed, now, answered });
      plan();
    },
    isGone: () => state === 'gone',
    stop() {
      state = 'gone';
      waiting = [];
      asked = [];
      void thread.terminate();
    },
  };
}

function startWorker(data: ShadowData): ShadowThread {
  const thread = new Worker(new URL(`./shadow-thread${extname(import.meta.filename)}`, import.meta.url), {
    workerData: data,
    // It needs none of the gateway's secrets.
    env: {},
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  thread.unref();
  return thread;
}
