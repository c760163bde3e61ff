import { readFileSync, statSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { Reader } from 'mmdb-lib';
import type { Logger } from '../vocabulary/logger.ts';

export interface AddressTableNeeds {
  /** A file in the MaxMind DB format. */
  readonly path: string;
  readonly logger: Logger;
  readonly intervalMs?: number;
}

/** A table of addresses that follows its file. */
export interface AddressTable {
  /** What the table says of an address; `undefined` where it says nothing. */
  find(address: string): unknown;
  /** Looks at the file now. @returns whether it was read anew */
  refresh(): Promise<boolean>;
  close(): void;
}

/**
 * Opens a table of addresses. It is read as a whole and swapped when the file changes, off the path of requests; a file that cannot be read leaves
 * the last good table in force, and where there was none, nothing is known of any place.
 */
export function openAddressTable({ path, logger, intervalMs = 10_000 }: AddressTableNeeds): AddressTable {
  let table: Reader<never> | undefined;
  let seen = '';
  try {
    seen = stampOf(statSync(path));
    table = new Reader(readFileSync(path));
  } catch (error) {
    tell(error);
  }
  const timer = setInterval(() => void refresh(), intervalMs);
  timer.unref();

  function tell(error: unknown): void {
    const kept = table === undefined ? 'no place is known from it' : 'the last good one stays in force';
    logger.error(`A table of addresses cannot be used; ${kept}`, { path, reason: error instanceof Error ? error.message : 'unknown' });
  }

  async function refresh(): Promise<boolean> {
    try {
      const stamp = stampOf(await stat(path));
      if (stamp === seen) return false;
      seen = stamp;
      table = new Reader(await readFile(path));
      logger.info('A table of addresses has been read', { path });
      return true;
    } catch (error) {
      if (seen !== 'unreadable') tell(error);
      seen = 'unreadable';
      return false;
    }
  }

  function find(address: string): unknown {
    try {
      return table?.get(address) ?? undefined;
    } catch (error) {
      // A damaged tree is found when it is walked.
      tell(error);
      table = undefined;
      return undefined;
    }
  }

  return { find, refresh, close: () => clearInterval(timer) };
}

function stampOf({
  dev,
  ino,
  size,
  mtimeMs,
  ctimeMs,
}: {
  readonly dev: number;
  readonly ino: number;
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
}): string {
  return `${dev} ${ino} ${size} ${mtimeMs} ${ctimeMs}`;
}
