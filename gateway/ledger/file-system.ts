import { constants } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, statfs } from 'node:fs/promises';

/** A segment file that is being written: bytes go to its end, and nowhere else. */
export interface WritableFile {
  /** Appends; resolves with how many bytes were taken, which may be fewer than were given (a short write). */
  write(bytes: Uint8Array): Promise<number>;
  /** fdatasync(2): resolves when the bytes, and the size that is needed to read them, are on the disk. */
  datasync(): Promise<void>;
  close(): Promise<void>;
}

/** The few things that the decision log asks of a disk. Injected, so that tests can break each of them. Paths are absolute. */
export interface FileSystemPort {
  /** Makes the directory (0700) where it is missing, and gives its permission bits. */
  makeDirectory(path: string): Promise<number>;
  /** Creates a file (0600) for appending; fails where the name exists already, even as a symbolic link. */
  create(path: string): Promise<WritableFile>;
  /** Removes a file: one into which nothing was ever acknowledged, or one that something else stands for. */
  remove(path: string): Promise<void>;
  /** Gives a file another name in its directory, in one step. */
  rename(from: string, to: string): Promise<void>;
  /** Makes the names in a directory durable. */
  syncDirectory(path: string): Promise<void>;
  /** Bytes that this user may still write to the file system that the path is on. */
  free(path: string): Promise<number>;
  list(path: string): Promise<readonly string[]>;
  size(path: string): Promise<number>;
  /** Up to `length` bytes from `position`; fewer at the end of the file. */
  read(path: string, position: number, length: number): Promise<Buffer>;
}

/** The machine's own disk. */
export const localFileSystem: FileSystemPort = {
  async makeDirectory(path) {
    await mkdir(path, { recursive: true, mode: 0o700 });
    return (await stat(path)).mode & 0o777;
  },
  async create(path) {
    // O_EXCL: two processes never share a segment. O_APPEND: a stray second writer could at worst add lines, never overwrite any.
    const handle = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_APPEND, 0o600);
    return {
      write: async (bytes) => (await handle.write(bytes)).bytesWritten,
      datasync: () => handle.datasync(),
      close: () => handle.close(),
    };
  },
  remove: (path) => rm(path),
  rename: (from, to) => rename(from, to),
  async free(path) {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  },
  async syncDirectory(path) {
    const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
  list: (path) => readdir(path),
  size: async (path) => (await stat(path)).size,
  async read(path, position, length) {
    const handle = await open(path, constants.O_RDONLY);
    try {
      const buffer = Buffer.allocUnsafe(length);
      let filled = 0;
      while (filled < length) {
        const { bytesRead } = await handle.read(buffer, filled, length - filled, position + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return buffer.subarray(0, filled);
    } finally {
      await handle.close();
    }
  },
};
