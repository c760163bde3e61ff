import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeyEntry } from './checkpoint-keys.ts';
import type { FileSystemPort } from './file-system.ts';
import { readHeader } from './own-lines.ts';
import { readLines } from './read-lines.ts';
import { gatherStatement, type SeenStatement } from './verify-statements.ts';

export interface Elsewhere {
  readonly statements: readonly SeenStatement[];
  readonly keys: readonly KeyEntry[];
}

/**
 * Reads checkpoints that were kept elsewhere: a file, or all files of a directory. Lines may be missing between others, doubled, or out of order;
 * each stands by its own signature.
 */
export async function readElsewhere(files: FileSystemPort, path: string): Promise<Elsewhere> {
  const isDirectory = (await stat(path)).isDirectory();
  const paths = isDirectory ? (await readdir(path)).sort().map((name) => join(path, name)) : [path];
  const statements: SeenStatement[] = [];
  const keys: KeyEntry[] = [];
  for (const each of paths) {
    let line = 0;
    for await (const { lines } of readLines(files, each)) {
      for (const bytes of lines) {
        line += 1;
        gatherStatement(statements, each, bytes, line, true);
        keys.push(...(readHeader(bytes)?.keys ?? []));
      }
    }
  }
  return { statements, keys };
}
