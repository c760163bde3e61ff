import type { Logger } from '../vocabulary/logger.ts';

/** Takes what was written to a checkpoint file to a place of its own. Rejects where it did not arrive. */
export type Deliver = (file: string, text: string) => Promise<void>;

export interface CopierNeeds {
  /** The place, for the operator: a path, or an origin. */
  readonly place: string;
  readonly deliver: Deliver;
  readonly logger: Logger;
  /** Texts that may wait. */
  readonly room?: number;
  readonly firstRetryMs?: number;
  readonly longestRetryMs?: number;
}

export interface Copier {
  add(file: string, text: string): void;
  health(): { readonly waiting: number; readonly lost: number; readonly failing: boolean };
  /** Tries once more what waits. Never throws. */
  close(): Promise<void>;
}

/**
 * Sends texts to one place, in order, each until it has arrived: the wait between tries doubles up to a bound. Where too many wait, the oldest is
 * given up and counted: a later checkpoint covers all that an earlier one did.
 */
export function makeCopier(needs: CopierNeeds): Copier {
  const { place, deliver, logger, room = 1000, firstRetryMs = 1000, longestRetryMs = 60_000 } = needs;
  let waiting: { readonly file: string; readonly text: string }[] = [];
  let work: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let retryMs = firstRetryMs;
  let failing = false;
  let lost = 0;
  let closed = false;

  async function send(): Promise<void> {
    try {
      for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
        await deliver(next.file, next.text);
        if (waiting[0] === next) waiting.shift();
        if (failing) logger.info('checkpoints arrive elsewhere again', { place, waiting: waiting.length });
        failing = false;
        retryMs = firstRetryMs;
      }
    } catch (error) {
      if (!failing) logger.error('checkpoints do not arrive elsewhere; they are tried again', { place, waiting: waiting.length, error });
      failing = true;
      if (closed) return;
      timer = setTimeout(start, retryMs).unref();
      retryMs = Math.min(retryMs * 2, longestRetryMs);
    }
  }

  function start(): void {
    timer = undefined;
    work ??= send().finally(() => {
      work = undefined;
    });
  }

  return {
    add(file, text) {
      if (waiting.length >= room) {
        if (lost === 0) logger.error('checkpoints for elsewhere are given up, the oldest first; later ones cover them', { place });
        lost += 1;
        waiting = waiting.slice(1);
      }
      waiting.push({ file, text });
      if (timer === undefined) start();
    },
    health: () => ({ waiting: waiting.length, lost, failing }),
    async close() {
      closed = true;
      clearTimeout(timer);
      await work;
      if (waiting.length > 0) {
        start();
        await work;
      }
      if (waiting.length > 0) logger.error('checkpoints did not arrive elsewhere before the end', { place, waiting: waiting.length });
    },
  };
}
