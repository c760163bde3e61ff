import { statSync } from 'node:fs';
import type { Clock } from '../vocabulary/clock.ts';
import type { Logger } from '../vocabulary/logger.ts';
import { type HeldKey, openKeyFile } from './key-file.ts';

/**
 * Makes a view of the key file that follows its changes, so that a rotated key signs from the next checkpoint on. A file that cannot be used any more
 * leaves the key in force that was read last: no checkpoint at all would be worse, and the log says so.
 * @throws Breakage where it cannot be used at the start
 */
export function makeKeyHolder({ path, clock, logger }: { path: string; clock: Clock; logger: Logger }): () => HeldKey {
  let held = openKeyFile(path, clock.now());
  let seen = stampOf(path);
  return () => {
    const stamp = stampOf(path);
    if (stamp === seen) return held;
    seen = stamp;
    try {
      held = openKeyFile(path, clock.now());
      logger.info('checkpoints are signed with another key from now on', { key: held.signing.id });
    } catch (error) {
      logger.error('the key for checkpoints cannot be read again; the last one stays in force', { path, error });
    }
    return held;
  };
}

function stampOf(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? 'missing' : `${stats.ino} ${stats.size} ${stats.mtimeMs} ${stats.ctimeMs}`;
}
