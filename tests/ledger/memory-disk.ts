import { basename, dirname } from 'node:path';
import type { FileSystemPort } from '../../gateway/ledger/file-system.ts';

interface Inode {
  bytes: Buffer;
  /** How much of it a loss of power leaves. */
  synced: number;
  /** The name is in the directory as it is on the platter. */
  named: boolean;
}

type Operation = 'create' | 'write' | 'datasync' | 'syncDirectory' | 'remove' | 'rename';

export interface MemoryDisk {
  readonly files: FileSystemPort;
  /** Bytes that may still be written, as far as `free` tells. */
  readonly space: { free: number };
  /** All names of the one directory, sorted. */
  names(): string[];
  read(name: string): Buffer;
  /** What happened, in order: `write 123`, `datasync`, … */
  readonly journal: string[];
  /** From now on the operation fails with this code; `undefined` heals it. */
  fail(operation: Operation, code: string | undefined): void;
  /** The next write takes only so many bytes. */
  shortWrite(bytes: number): void;
  /** Syncs wait until they are let go; `release` lets go of those that wait, in order, and those to come. */
  holdSyncs(): { readonly waiting: () => number; release(): void };
  /**
   * The power goes: unsynced bytes and unsynced names are lost, but for the first `keep` unsynced bytes of each file. Syncs that
   * are held never come back, so whoever waits for one is as dead as its process would be.
   */
  losePower(keep?: number): void;
  /** Changes what is on the platter. */
  damage(name: string, change: (bytes: Buffer) => Buffer): void;
}

/** A disk in memory on which everything can go wrong at will. It remembers what a loss of power would leave. */
export function makeMemoryDisk(): MemoryDisk {
  const inodes = new Map<string, Inode>();
  const space = { free: 1e12 };
  const failing = new Map<Operation, string>();
  const journal: string[] = [];
  let taken: number | undefined;
  let held: (() => void)[] | undefined;

  function step(operation: Operation): void {
    const code = failing.get(operation);
    journal.push(code === undefined ? operation : `${operation} ${code}`);
    if (code !== undefined) throw Object.assign(new Error(`${code}: ${operation}`), { code });
  }
  function find(path: string): Inode {
    const inode = inodes.get(basename(path));
    if (inode === undefined) throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' });
    return inode;
  }

  const files: FileSystemPort = {
    makeDirectory: async () => 0o700,
    async create(path) {
      step('create');
      if (inodes.has(basename(path))) throw Object.assign(new Error('EEXIST'), { code: 'EEXIST' });
      const inode: Inode = { bytes: Buffer.alloc(0), synced: 0, named: false };
      inodes.set(basename(path), inode);
      return {
        async write(bytes) {
          step('write');
          const count = Math.min(taken ?? bytes.length, bytes.length);
          taken = undefined;
          inode.bytes = Buffer.concat([inode.bytes, bytes.subarray(0, count)]);
          return count;
        },
        async datasync() {
          step('datasync');
          const upTo = inode.bytes.length;
          const queue = held;
          if (queue !== undefined) await new Promise<void>((resolve) => queue.push(resolve));
          inode.synced = Math.max(inode.synced, upTo);
        },
        close: async () => undefined,
      };
    },
    async remove(path) {
      step('remove');
      find(path);
      inodes.delete(basename(path));
    },
    async rename(from, to) {
      step('rename');
      const inode = find(from);
      inodes.delete(basename(from));
      inode.named = false;
      inodes.set(basename(to), inode);
    },
    free: async () => space.free,
    async syncDirectory(path) {
      step('syncDirectory');
      if (path !== dirname(`${path}/x`)) throw new Error('not a directory');
      for (const inode of inodes.values()) inode.named = true;
    },
    list: async () => [...inodes.keys()],
    size: async (path) => find(path).bytes.length,
    read: async (path, position, length) => Buffer.from(find(path).bytes.subarray(position, position + length)),
  };

  return {
    files,
    space,
    names: () => [...inodes.keys()].sort(),
    read: (name) => find(name).bytes,
    journal,
    fail: (operation, code) => void (code === undefined ? failing.delete(operation) : failing.set(operation, code)),
    shortWrite: (bytes) => {
      taken = bytes;
    },
    holdSyncs() {
      const queue: (() => void)[] = [];
      held = queue;
      return {
        waiting: () => queue.length,
        release() {
          held = undefined;
          for (const go of queue.splice(0)) go();
        },
      };
    },
    losePower(keep = 0) {
      held = undefined;
      for (const [name, inode] of inodes) {
        if (!inode.named) inodes.delete(name);
        else inode.bytes = inode.bytes.subarray(0, Math.min(inode.bytes.length, inode.synced + keep));
      }
    },
    damage(name, change) {
      const inode = find(name);
      inode.bytes = change(inode.bytes);
      inode.synced = inode.bytes.length;
    },
  };
}
