import { type FSWatcher, watch } from 'node:fs';
import { dirname } from 'node:path';
import type { Logger } from '../../vocabulary/logger.ts';

/** Several events tell of one change; the file is looked at when they have passed. */
const settleMs = 50;
/** A watcher dies with the folder that it looks at, and tells nobody. */
const renewMs = 30_000;

/**
 * Tells of changes to a path as the system reports them. The folder is watched, not the file: a file that is replaced by rename takes its watcher
 * along, and a Kubernetes volume changes by swapping the symbolic link `..data` beside it. A watcher is a help, not a promise (network mounts have
 * none, and their number is limited), so whoever calls this polls as well.
 * @returns what ends it
 */
export function watchPath(path: string, changed: () => void, logger: Logger): () => void {
  let watcher: FSWatcher | undefined;
  let settling: NodeJS.Timeout | undefined;
  let told = false;

  function settle(): void {
    clearTimeout(settling);
    settling = setTimeout(changed, settleMs);
    settling.unref();
  }

  function begin(): void {
    watcher?.close();
    watcher = undefined;
    try {
      watcher = watch(dirname(path), { persistent: false }, settle);
      watcher.on('error', fail);
    } catch (cause) {
      fail(cause);
    }
  }

  function fail(cause: unknown): void {
    watcher?.close();
    watcher = undefined;
    if (told) return;
    told = true;
    logger.debug('Changes of a bundle are not reported by the system; it is looked at regularly instead', { path, cause });
  }

  const renewal = setInterval(begin, renewMs);
  renewal.unref();
  begin();
  return () => {
    clearInterval(renewal);
    clearTimeout(settling);
    watcher?.close();
  };
}
