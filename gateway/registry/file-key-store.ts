import { existsSync, readFileSync } from 'node:fs';
import { editFile } from '../files/edit-file.ts';
import { addKey, revokeKey } from './change-keys.ts';
import { editKeyFile, readKeys } from './edit-key-file.ts';
import type { KeyStore } from './key-store.ts';

export interface FileKeyStoreNeeds {
  /** JSON file of hashed virtual keys. */
  readonly path: string;
  /** Called after a change by this process, so that it counts here at once. */
  readonly changed?: () => void;
}

/** Keys in a file, for one node. When keys were used stands in a file beside it, so that a use does not rewrite the keys. */
export function makeFileKeyStore({ path, changed }: FileKeyStoreNeeds): KeyStore {
  const usesPath = `${path}.uses`;

  function readUses(text: string | undefined): Record<string, string> {
    return text === undefined ? {} : (JSON.parse(text) as Record<string, string>);
  }

  return {
    all: async () => readKeys(path),

    async add(key, replaces) {
      await editKeyFile(path, (keys) => addKey(keys, key, replaces));
      changed?.();
    },

    async revoke(id, at) {
      let already: string | undefined;
      await editKeyFile(path, (before) => {
        const { keys, already: earlier } = revokeKey(before, id, at);
        already = earlier;
        return keys;
      });
      changed?.();
      return already === undefined ? {} : { already };
    },

    async noteUses(uses) {
      if (uses.size === 0) return;
      await editFile(usesPath, (text) => {
        const known = readUses(text);
        for (const [id, at] of uses) known[id] = latest(known[id], new Date(at).toISOString());
        return `${JSON.stringify(known, null, 2)}\n`;
      });
    },

    async lastUses() {
      return new Map(Object.entries(readUses(existsSync(usesPath) ? readFileSync(usesPath, 'utf8') : undefined)));
    },
  };
}

function latest(before: string | undefined, at: string): string {
  return before !== undefined && before > at ? before : at;
}
