import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Breakage } from '../errors.ts';

const lockPatienceMs = 5_000;
const lockPauseMs = 50;

/**
 * Changes a file as one step: nobody else writes meanwhile, and a reader sees the old file or the new one, never a half. When it returns, the
 * change survives a power cut.
 *
 * @param change gives the new text from the old one (`undefined` where there is no file), or throws, and then nothing is written
 * @param patienceMs how long to wait for another run to finish
 */
export async function editFile(
  path: string,
  change: (text: string | undefined) => string,
  patienceMs: number = lockPatienceMs,
): Promise<void> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const unlock = await lock(path, patienceMs);
  try {
    writeWhole(path, change(existsSync(path) ? readFileSync(path, 'utf8') : undefined));
  } finally {
    unlock();
  }
}

/**
 * Writes a file that only its owner may read, whole or not at all: beside it, flushed, then renamed over it.
 *
 * @param text its whole content, or bytes
 */
export function writeWhole(path: string, text: string | Uint8Array): void {
  const beside = `${path}.${process.pid}.tmp`;
  try {
    const file = openSync(beside, 'wx', 0o600);
    try {
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
  // The rename itself is durable once the folder is.
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/**
 * The lock is a file that only one process can create. A lock whose process has died is not broken here: two runs that both find it dead would
 * break each other's. The message says what to do.
 */
export async function lock(path: string, patienceMs: number = lockPatienceMs): Promise<() => void> {
  const file = `${path}.lock`;
  for (let waited = 0; ; waited += lockPauseMs) {
    try {
      const handle = openSync(file, 'wx', 0o600);
      writeSync(handle, `${process.pid}\n`);
      closeSync(handle);
      return () => rmSync(file, { force: true });
    } catch (cause) {
      if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw cause;
      if (waited >= patienceMs) {
        throw new Breakage('gateway.error', `Another run is changing ${path}. If none is, delete ${file} and try again.`, { cause });
      }
    }
    await setTimeout(lockPauseMs);
  }
}
