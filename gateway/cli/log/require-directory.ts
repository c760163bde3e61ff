import { stat } from 'node:fs/promises';
import { Breakage } from '../../errors.ts';

/** @throws Breakage with a sentence for people, where there is no such directory */
export async function requireDirectory(directory: string): Promise<void> {
  const found = await stat(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (!found?.isDirectory()) {
    throw new Breakage('record.unavailable', `there is no decision log at ${directory}; name its directory with --directory`);
  }
}
