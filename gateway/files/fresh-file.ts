import { readFileSync, type Stats, statSync } from 'node:fs';
import type { Clock } from '../vocabulary/clock.ts';
import type { Logger } from '../vocabulary/logger.ts';

export interface FreshFileNeeds<T> {
  readonly path: string;
  /** What the file is, for the log. */
  readonly what: string;
  /** Reads the text; throws where it is not to be believed. The message must hold nothing of the text. */
  readonly parse: (text: string) => T;
  /** Throws where the file must not be used as it lies there. */
  readonly inspect?: (stats: Stats) => void;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly logger: Logger;
  /** `latin1` keeps every byte of a file that may be binary. */
  readonly encoding?: 'utf8' | 'latin1';
  /** How often the file is looked at. */
  readonly everyMs?: number;
}

/**
 * Makes a view of a file that follows its changes: it is looked at when it is used, at most once a second, and read when its stamp has changed.
 * Looking is one `stat`; there is no watcher to lose an event on a network mount or a symlinked Kubernetes volume.
 *
 * A file that cannot be read or believed leaves the last good content in force and is logged once.
 *
 * @returns `current()`: the content, or `undefined` where there has never been a good one; `refresh()`: looks now, for whoever has just changed it
 */
export function makeFreshFile<T>(needs: FreshFileNeeds<T>): { current(): T | undefined; refresh(): void } {
  const { path, what, parse, inspect, clock, logger, encoding = 'utf8', everyMs = 1000 } = needs;
  let content: T | undefined;
  let seen: string | undefined;
  let lookAgain = Number.NEGATIVE_INFINITY;

  function look(): void {
    let stamp = 'unreadable';
    try {
      const stats = statSync(path);
      stamp = `${stats.ino} ${stats.size} ${stats.mtimeMs} ${stats.ctimeMs}`;
      if (stamp === seen) return;
      inspect?.(stats);
      content = parse(readFileSync(path, encoding));
      logger.info(`${what} has been read`, { path });
    } catch (error) {
      if (stamp !== seen) {
        const kept = content === undefined ? 'there is no earlier content to go on with' : 'the last good content stays in force';
        logger.error(`${what} cannot be used; ${kept}`, { path, reason: error instanceof Error ? error.message : 'unknown' });
      }
    }
    seen = stamp;
  }

  return {
    current() {
      const now = clock.monotonic();
      if (now >= lookAgain) {
        lookAgain = now + everyMs;
        look();
      }
      return content;
    },
    refresh() {
      lookAgain = Number.NEGATIVE_INFINITY;
    },
  };
}
