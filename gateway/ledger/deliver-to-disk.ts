import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Deliver } from './copier.ts';

/** Appends to one file, whatever checkpoint file the text comes from. */
export function makeDeliverToFile(path: string): Deliver {
  return (_file, text) => append(path, text);
}

/** Appends to a file of the same name in another directory: on another disk, or one that only takes (`chattr +a`, an append-only share). */
export function makeDeliverToDirectory(directory: string): Deliver {
  return (file, text) => append(join(directory, file), text);
}

async function append(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const file = await open(path, 'a', 0o600);
  try {
    await file.appendFile(text);
    await file.datasync();
  } finally {
    await file.close();
  }
}
