import { join, resolve } from 'node:path';
import { localFileSystem } from '../../ledger/file-system.ts';
import { followLog } from '../../search/follow-log.ts';
import { type LogIndex, openLogIndex } from '../../search/log-index.ts';
import { CommandError } from '../command-error.ts';
import { requireDirectory } from './require-directory.ts';

/** Lines after which the person is told that something goes on. */
const tellEvery = 100_000;

/** Opens the index of a log and brings it up to it. The first time that reads the whole log, and says so. */
export async function openIndex(directory: string, file: string | undefined): Promise<LogIndex> {
  await requireDirectory(directory);
  const place = file ?? join(resolve(directory), 'search.db');
  let index: LogIndex;
  try {
    index = openLogIndex(place);
  } catch (cause) {
    throw new CommandError(`the index ${place} cannot be opened or made; name a file that you may write with --index`, { cause });
  }
  let read = 0;
  await followLog({
    index,
    directory: resolve(directory),
    files: localFileSystem,
    progress(lines) {
      const before = Math.floor(read / tellEvery);
      read += lines;
      if (Math.floor(read / tellEvery) > before) process.stderr.write(`\rreading the log: ${read} lines`);
    },
  });
  if (read >= tellEvery) process.stderr.write('\n');
  return index;
}
