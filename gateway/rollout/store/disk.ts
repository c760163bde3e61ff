import { constants } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The few things that the store asks of a disk. Injected, so that tests can break each of them. Paths are absolute. */
export interface Disk {
  /** Makes the directory, readable by its owner only, where it is missing. */
  makeDirectory(path: string): Promise<void>;
  list(path: string): Promise<readonly string[]>;
  /** @throws with the code ENOENT where there is no such file */
  read(path: string): Promise<Buffer>;
  /** Writes a file that is not there yet, and resolves when its bytes are on the disk. */
  write(path: string, bytes: Uint8Array): Promise<void>;
  /** Gives a file another name, in place of whatever has it, and resolves when the name is on the disk. */
  rename(from: string, to: string): Promise<void>;
  /** Nothing happens where there is no such file. */
  remove(path: string): Promise<void>;
}

/** The machine's own disk. */
export const localDisk: Disk = {
  async makeDirectory(path) {
    await mkdir(path, { recursive: true, mode: 0o700 });
  },
  list: (path) => readdir(path),
  read: (path) => readFile(path),
  async write(path, bytes) {
    const file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
  },
  async rename(from, to) {
    await rename(from, to);
    // The new name is durable once the folder is.
    const folder = await open(dirname(to), constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  },
  remove: (path) => rm(path, { force: true }),
};
