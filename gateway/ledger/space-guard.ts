import type { Clock } from '../vocabulary/clock.ts';
import type { Logger } from '../vocabulary/logger.ts';
import { isMissing } from './compressed.ts';
import type { FileSystemPort } from './file-system.ts';

export interface SpaceGuardNeeds {
  readonly directory: string;
  readonly files: Pick<FileSystemPort, 'free'>;
  /** Below so many free bytes no new decision is taken: they are for the ends of what is under way. */
  readonly reserveBytes: number;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly logger: Logger;
  /** How often the disk is asked, at most. */
  readonly everyMs?: number;
}

export interface SpaceGuard {
  /** Whether a new decision may be written. Costs a comparison; the disk is asked in the background. */
  enough(): boolean;
}

/**
 * Keeps a reserve on the disk. A disk that is full cannot take the `delivered` lines of requests that are under way; so new ones are refused
 * while those still fit.
 * @param onChange is told when it begins or ceases to refuse
 */
export function makeSpaceGuard(needs: SpaceGuardNeeds, onChange: () => void): SpaceGuard {
  const { directory, files, reserveBytes, clock, logger, everyMs = 1000 } = needs;
  let isEnough = true;
  let lookAgain = Number.NEGATIVE_INFINITY;

  async function look(): Promise<void> {
    try {
      const free = await files.free(directory);
      const before = isEnough;
      isEnough = free >= reserveBytes;
      if (before && !isEnough)
        logger.error('the disk of the decision log is nearly full; new requests are refused until there is room', {
          directory,
          free,
          reserve: reserveBytes,
        });
      if (!before && isEnough) logger.info('the disk of the decision log has room again', { directory, free });
      if (before !== isEnough) onChange();
    } catch (error) {
      // Before the first write there is no directory. What else fails, fails for the write as well, and is told there.
      if (!isMissing(error)) logger.warn('the free space of the disk of the decision log cannot be told', { directory, error });
    }
  }

  return {
    enough() {
      const now = clock.monotonic();
      if (now >= lookAgain) {
        lookAgain = now + everyMs;
        void look();
      }
      return isEnough;
    },
  };
}
