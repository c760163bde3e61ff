import { randomBytes } from 'node:crypto';
import { link, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * Writes a file whole or not at all: a new file with its mode from the first byte on, on disk before it takes the name.
 *
 * @param mode permission bits, whatever the umask
 */
export async function placeFile(path: string, content: string, mode: number): Promise<void> {
  await withDraft(path, content, mode, (draft) => rename(draft, path));
}

/** Writes a file like `placeFile`, unless the name is taken. Of several processes exactly one makes it. */
export async function placeNewFile(path: string, content: string, mode: number): Promise<void> {
  await withDraft(path, content, mode, async (draft) => {
    try {
      // Unlike `rename`, `link` does not replace.
      await link(draft, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  });
}

async function withDraft(path: string, content: string, mode: number, place: (draft: string) => Promise<void>): Promise<void> {
  const draft = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`);
  try {
    const file = await open(draft, 'wx', mode);
    try {
      await file.chmod(mode);
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await place(draft);
  } finally {
    // Whatever happened, no second copy of a key is left.
    await rm(draft, { force: true });
  }
}
