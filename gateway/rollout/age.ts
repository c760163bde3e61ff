import type { Clock } from '../vocabulary/clock.ts';
import type { Logger } from '../vocabulary/logger.ts';
import type { Feed } from './feed.ts';

export interface AgeNeeds {
  readonly feeds: readonly Pick<Feed, 'name' | 'confirmedAt'>[];
  /** Absent: there is no limit. */
  readonly maxAgeMs: number | undefined;
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Logger;
}

/** How long ago the sources confirmed what is in force. */
export interface Age {
  /**
   * Whether a bundle is older than it may be. What an operator holds the gateway to has no age: it is meant to be old.
   * @param pinned an operator does
   */
  isOver(pinned: boolean): boolean;
  /** Tells operators once when the limit is passed, and when it no longer is. */
  look(pinned: boolean): void;
  /** Bundle → RFC 3339. */
  times(): Readonly<Record<string, string>>;
  /** The times differ enough from those that were kept. */
  isWorthKeeping(): boolean;
  kept(): void;
}

/** A restart loses at most this much of the age. */
const graceMs = 60_000;

export function makeAge({ feeds, maxAgeMs, clock, logger }: AgeNeeds): Age {
  let told = false;
  let keptAt = new Map<string, number>();

  function isOver(pinned: boolean): boolean {
    if (maxAgeMs === undefined || pinned) return false;
    const oldest = clock.now() - maxAgeMs;
    for (const feed of feeds) if ((feed.confirmedAt() ?? Number.NEGATIVE_INFINITY) < oldest) return true;
    return false;
  }

  return {
    isOver,
    look(pinned) {
      const over = isOver(pinned);
      if (over === told) return;
      told = over;
      const times = Object.fromEntries(feeds.map((feed) => [feed.name, describe(feed.confirmedAt())]));
      if (over)
        logger.error('The policy is older than it may be and no source confirms it: every request is refused', { confirmed: times });
      else logger.info('The sources of the policy confirm it again', { confirmed: times });
    },
    times: () =>
      Object.fromEntries(
        feeds.flatMap((feed) => {
          const at = feed.confirmedAt();
          return at === undefined ? [] : [[feed.name, new Date(at).toISOString()]];
        }),
      ),
    isWorthKeeping: () => feeds.some((feed) => (feed.confirmedAt() ?? 0) - (keptAt.get(feed.name) ?? Number.NEGATIVE_INFINITY) >= graceMs),
    kept() {
      keptAt = new Map(feeds.map((feed) => [feed.name, feed.confirmedAt() ?? 0]));
    },
  };
}

function describe(at: number | undefined): string {
  return at === undefined ? 'never' : new Date(at).toISOString();
}
