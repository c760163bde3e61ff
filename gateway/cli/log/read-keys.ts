import { readFileSync } from 'node:fs';
import { Breakage } from '../../errors.ts';
import type { KeyEntry } from '../../ledger/checkpoint-keys.ts';
import { readKeyList } from '../../ledger/key-file.ts';

/**
 * Reads a list of public keys, as `regate log keygen` and the gateway write it.
 * @throws Breakage with a sentence for people, where it is none
 */
export function readKeys(path: string): readonly KeyEntry[] {
  let entries: readonly KeyEntry[];
  try {
    entries = readKeyList(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new Breakage('record.unavailable', `${path} is no list of public keys; name the file that ends in .pub`, { cause });
  }
  if (entries.length === 0) throw new Breakage('record.unavailable', `${path} lists no public key`);
  return entries;
}
