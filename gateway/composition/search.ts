import { join } from 'node:path';
import type { AdminDoor } from '../http/admin/door.ts';
import { makeLogDoors } from '../http/admin/log.ts';
import { localFileSystem } from '../ledger/file-system.ts';
import { makeSearch, type Search } from '../search/search.ts';
import { tailLog } from '../search/tail.ts';
import type { Logger } from '../vocabulary/logger.ts';

/** Name of the index beside the segments. It is no part of the log: it can be deleted at any time. */
export const indexName = 'search.db';

/** Composes the search of a log and its administrative doors. The thread of the search starts with the first question. */
export function makeLogSearch(directory: string, logger: Logger): { readonly search: Search; readonly doors: readonly AdminDoor[] } {
  const search = makeSearch({ directory, index: join(directory, indexName), logger });
  const tail = (signal: AbortSignal) => tailLog({ directory, files: localFileSystem, signal });
  return { search, doors: makeLogDoors({ search, tail }) };
}
