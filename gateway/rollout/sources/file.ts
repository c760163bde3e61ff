import { readFile, stat } from 'node:fs/promises';
import { BundleBreakage } from '../../errors.ts';
import type { Logger } from '../../vocabulary/logger.ts';
import type { Source } from './source.ts';
import { watchPath } from './watch-path.ts';

export interface FileSourceNeeds {
  readonly path: string;
  readonly maxBytes: number;
  readonly logger: Logger;
}

/**
 * Makes the source that is a file. It is put in place by rename, as deployments and Kubernetes volumes do; one that is written in place is taken
 * when it no longer changes.
 */
export function makeFileSource({ path, maxBytes, logger }: FileSourceNeeds): Source {
  /** What a glance at the file shows, through symbolic links; a change in any of it makes a closer look worthwhile. */
  async function glance(): Promise<string> {
    const found = await stat(path, { bigint: true });
    if (!found.isFile()) throw new BundleBreakage('answer', 'the bundle cannot be read: it is not a regular file');
    if (found.size > BigInt(maxBytes)) throw new BundleBreakage('too-large', `the bundle is larger than ${maxBytes} bytes`);
    return `${found.dev}:${found.ino}:${found.size}:${found.mtimeNs}:${found.ctimeNs}`;
  }

  return {
    origin: path,
    async ask({ validator }) {
      try {
        const sight = await glance();
        if (sight === validator) return {};
        const bytes = await readFile(path);
        // Named only if it was not being written meanwhile.
        return { received: { bytes, ...((await glance()) === sight ? { validator: sight } : {}) } };
      } catch (cause) {
        throw describeReadError(cause);
      }
    },
    watch: (changed) => watchPath(path, changed, logger),
  };
}

/** A file system's error as an operator reads it. */
export function describeReadError(cause: unknown): unknown {
  if (!(cause instanceof Error && 'syscall' in cause && 'code' in cause)) return cause;
  return new BundleBreakage('unreachable', `the bundle cannot be read (${String(cause.code)})`, { cause });
}
