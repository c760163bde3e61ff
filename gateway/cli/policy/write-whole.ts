import { renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { Breakage } from '../../errors.ts';

/**
 * Writes a file whole or not at all: beside it, then renamed over it. A gateway that watches the file never sees a half; a file that was there
 * keeps its mode.
 *
 * @throws Breakage where it cannot be written
 */
export function writeWhole(path: string, content: Uint8Array | string): void {
  const beside = `${path}.${process.pid}.tmp`;
  try {
    const mode = statSync(path, { throwIfNoEntry: false })?.mode;
    writeFileSync(beside, content, mode === undefined ? {} : { mode });
    renameSync(beside, path);
  } catch (cause) {
    rmSync(beside, { force: true });
    throw new Breakage('gateway.error', `${path} cannot be written.`, { cause });
  }
}
