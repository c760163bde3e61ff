import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../vocabulary/clock.ts';
import type { Logger } from '../vocabulary/logger.ts';
import { isMissing } from './compressed.ts';
import { dayOf } from './content-store.ts';

export interface ContentRetentionNeeds {
  readonly directory: string;
  readonly days: number;
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Logger;
  /** Is told of each day whose content is gone. */
  readonly onRemoved: (day: string, pieces: number) => void;
}

const shape = /^\d{4}-\d{2}-\d{2}$/;
const dayMs = 86_400_000;
const everyMs = 3_600_000;

/** Removes content that has had its days, a whole day at a time. The record keeps the digests: what was there can still be recognised. */
export function makeContentRetention({ directory, days, clock, logger, onRemoved }: ContentRetentionNeeds) {
  async function pass(): Promise<void> {
    try {
      const oldest = dayOf(clock.now() - days * dayMs);
      for (const day of (await readdir(directory)).filter((name) => shape.test(name) && name < oldest).sort()) {
        const pieces = (await readdir(join(directory, day))).length;
        await rm(join(directory, day), { recursive: true });
        logger.info('content was removed as configured', { day, pieces });
        onRemoved(day, pieces);
      }
    } catch (error) {
      if (!isMissing(error)) logger.error('content that has had its days could not be removed; it is tried again', { directory, error });
    }
  }

  const timer = setInterval(() => void pass(), everyMs).unref();
  return { pass, close: () => clearInterval(timer) };
}
