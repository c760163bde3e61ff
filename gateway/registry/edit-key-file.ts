import { existsSync, readFileSync } from 'node:fs';
import { editFile } from '../files/edit-file.ts';
import { formatKeyDocument, parseKeyDocument, type StoredKey } from './key-document.ts';

/** Reads the keys of a file; none where the file does not exist. */
export function readKeys(path: string): readonly StoredKey[] {
  return existsSync(path) ? parseKeyDocument(readFileSync(path, 'utf8')).keys : [];
}

/**
 * Changes a key file as one step, as {@link editFile} does.
 *
 * @param change gives the new list, or throws, and then nothing is written
 * @param patienceMs how long to wait for another run to finish
 */
export function editKeyFile(
  path: string,
  change: (keys: readonly StoredKey[]) => readonly StoredKey[],
  patienceMs?: number,
): Promise<void> {
  return editFile(path, (text) => formatKeyDocument(change(text === undefined ? [] : parseKeyDocument(text).keys)), patienceMs);
}
