import type { Clock } from '../vocabulary/clock.ts';
import type { Logger } from '../vocabulary/logger.ts';
import type { KeyStore } from './key-store.ts';

export interface UsesNeeds {
  readonly store: Pick<KeyStore, 'noteUses'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Calls `run` again and again until the function that it gives is called. Once a minute, unless given. */
  readonly every?: (run: () => void) => () => void;
}

export interface Uses {
  /** Notes that a key was used. A look-up in memory: no request waits for it. */
  note(id: string): void;
  /** Writes what has been noted. Never throws: a use that cannot be written is noted again with the next. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

const everyMs = 60_000;

/** Gathers when keys were used, and writes it once a minute: exact enough to find keys that nobody needs. */
export function makeUses({ store, clock, logger, every = everyMinute }: UsesNeeds): Uses {
  let noted = new Map<string, number>();

  async function flush(): Promise<void> {
    const uses = noted;
    noted = new Map();
    try {
      await store.noteUses(uses);
    } catch (error) {
      for (const [id, at] of uses) if (!noted.has(id)) noted.set(id, at);
      logger.warn('when keys were last used cannot be written', { error });
    }
  }

  const stop = every(() => void flush());
  return {
    note: (id) => void noted.set(id, clock.now()),
    flush,
    async close() {
      stop();
      await flush();
    },
  };
}

function everyMinute(run: () => void): () => void {
  const timer = setInterval(run, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
