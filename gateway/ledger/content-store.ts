import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Breakage } from '../errors.ts';
import type { Clock } from '../vocabulary/clock.ts';
import type { ContentMark } from '../vocabulary/content.ts';
import { type ContentKey, readContentKeys } from './content-keys.ts';
import type { FileSystemPort } from './file-system.ts';
import { type ContentLabel, sealContent } from './sealed-content.ts';

export interface ContentStoreNeeds {
  /** Absolute path; made (0700) where it is missing. Content lies in a directory for each day. */
  readonly directory: string;
  /** The operator's keys; the last one encrypts. Read again at each use that finds it changed. */
  readonly keyFile: string;
  readonly files: FileSystemPort;
  readonly clock: Clock;
}

/** Where the content of requests lies, encrypted, apart from the record. */
export interface ContentStore {
  /**
   * Keeps a piece of content. Resolves when it is on disk.
   * @throws Breakage `record.content-unavailable`
   */
  put(label: ContentLabel, bytes: Uint8Array, truncated: boolean): Promise<ContentMark>;
}

/** @throws Breakage where the key file cannot be used at the start */
export function makeContentStore({ directory, keyFile, files, clock }: ContentStoreNeeds): ContentStore {
  let held = readKeyFile(keyFile);
  const made = new Set<string>();

  function currentKey(): ContentKey {
    const stamp = stampOf(keyFile);
    if (stamp !== held.stamp) held = readKeyFile(keyFile);
    return held.key;
  }

  async function write(label: ContentLabel, sealed: Buffer): Promise<void> {
    const day = join(directory, dayOf(clock.now()));
    if (!made.has(day)) {
      await files.makeDirectory(day);
      await files.syncDirectory(directory);
      made.add(day);
    }
    const file = await files.create(join(day, nameContent(label)));
    try {
      for (let written = 0; written < sealed.length; ) {
        const taken = await file.write(sealed.subarray(written));
        if (taken <= 0) throw new Error('the disk took no bytes');
        written += taken;
      }
      await file.datasync();
    } finally {
      await file.close();
    }
    await files.syncDirectory(day);
  }

  return {
    async put(label, bytes, truncated) {
      try {
        const key = currentKey();
        await write(label, sealContent(label, bytes, key));
        return { size: bytes.length, digest: key.digest(bytes), key: key.id, ...(truncated && { truncated }) };
      } catch (cause) {
        throw cause instanceof Breakage ? cause : unavailable('content cannot be kept', cause);
      }
    },
  };
}

export const nameContent = ({ decisionId, part }: ContentLabel): string => `${decisionId}.${part}.sealed`;
/** `2026-03-02`, UTC. */
export const dayOf = (now: number): string => new Date(now).toISOString().slice(0, 10);

function stampOf(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? 'missing' : `${stats.ino} ${stats.size} ${stats.mtimeMs} ${stats.ctimeMs}`;
}

function readKeyFile(path: string): { readonly stamp: string; readonly key: ContentKey } {
  const stamp = stampOf(path);
  try {
    if ((statSync(path).mode & 0o077) !== 0) throw new TypeError(`others than its owner can read it; run: chmod 600 ${path}`);
    const key = readContentKeys(readFileSync(path, 'utf8')).at(-1);
    if (key === undefined) throw new TypeError('it holds no key');
    return { stamp, key };
  } catch (cause) {
    const why = cause instanceof TypeError ? cause.message : 'it cannot be read';
    throw unavailable(`the key file for content cannot be used: ${why}`, cause);
  }
}

function unavailable(message: string, cause: unknown): Breakage {
  return new Breakage('record.content-unavailable', message, { cause });
}
