import type { Clock } from '../vocabulary/clock.ts';
import type { Logger } from '../vocabulary/logger.ts';

export interface MirrorNeeds<T> {
  /** What is mirrored, for the log: "The virtual keys". */
  readonly what: string;
  /** Reads all of it, or says that nothing has changed since the version given. Throws where the store cannot be reached. */
  readonly load: (known: string | undefined) => Promise<{ readonly version: string; readonly value: T } | 'unchanged'>;
  /** How long the copy may be used after the store was last heard of. */
  readonly maxStalenessMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Calls `run` again and again until the function that it gives is called. Timers that do not keep the process alive, unless given. */
  readonly every?: (run: () => void) => () => void;
}

export interface Mirror<T> {
  /** The copy; `undefined` where there has never been one, or where it is older than it may be. */
  current(): T | undefined;
  /** Looks now. Calls that overlap share one look, and whoever calls during a look gets another one after it. Never throws. */
  refresh(): Promise<void>;
  /** Seconds since the store was last heard of; `undefined` where it never was. */
  ageSeconds(): number | undefined;
  close(): void;
}

const everyMs = 1000;

/**
 * Keeps a copy of a store in memory, so that no request waits for a database. It is looked at once a second, and at once when somebody says that it
 * has changed. While the store is away the copy goes on, up to its greatest age, and then there is none: fail closed.
 */
export function makeMirror<T>(needs: MirrorNeeds<T>): Mirror<T> {
  const { what, load, maxStalenessMs, clock, logger, every = everySecond } = needs;
  let copy: { readonly version: string; readonly value: T } | undefined;
  let heardAt: number | undefined;
  let away = false;
  let looking: Promise<void> | undefined;
  let again = false;
  let closed = false;

  async function look(): Promise<void> {
    const from = clock.monotonic();
    try {
      const found = await load(copy?.version);
      if (found !== 'unchanged') copy = found;
      // The store was as it is now when it was asked, not when it answered.
      heardAt = from;
      if (away) logger.info(`${what} can be read again`);
      away = false;
    } catch (error) {
      if (!away)
        logger.error(`${what} cannot be read; the copy in memory goes on until it is too old`, { max_staleness_ms: maxStalenessMs, error });
      away = true;
    }
  }

  function refresh(): Promise<void> {
    if (closed) return Promise.resolve();
    if (looking !== undefined) {
      again = true;
      return looking;
    }
    looking = (async () => {
      do {
        again = false;
        await look();
      } while (again && !closed);
    })().finally(() => {
      looking = undefined;
    });
    return looking;
  }

  const stop = every(() => void refresh());
  return {
    current() {
      if (copy === undefined || heardAt === undefined) return undefined;
      return clock.monotonic() - heardAt > maxStalenessMs ? undefined : copy.value;
    },
    refresh,
    ageSeconds: () => (heardAt === undefined ? undefined : (clock.monotonic() - heardAt) / 1000),
    close() {
      closed = true;
      stop();
    },
  };
}

function everySecond(run: () => void): () => void {
  const timer = setInterval(run, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
