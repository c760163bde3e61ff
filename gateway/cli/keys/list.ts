import { readKeys } from '../../registry/edit-key-file.ts';
import type { StoredKey } from '../../registry/key-document.ts';
import type { KeysIo, KeysPlace } from './keys.ts';

const headings = ['ID', 'NAME', 'KIND', 'OWNER', 'ROLES', 'EXPIRES', 'STATE'] as const;

/** Lists the keys: what they are called and whose they are. Hashes are never shown. */
export function listKeys(place: KeysPlace, json: boolean, io: KeysIo): void {
  const keys = readKeys(place.file);
  if (json) {
    const shown = keys.map(({ hash: _hash, ...key }) => ({ ...key, state: stateOf(key, io.now()) }));
    io.out(`${JSON.stringify(shown, null, 2)}\n`);
    return;
  }
  if (keys.length === 0) {
    io.err('There are no keys yet. Make one with: regate keys create\n');
    return;
  }
  const rows = [headings, ...keys.map((key) => describeKey(key, io.now()))];
  const widths = headings.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  for (const row of rows) {
    const line = row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
    io.out(`${line.trimEnd()}\n`);
  }
}

function describeKey(key: StoredKey, now: number): readonly string[] {
  const owner = `${key.owner.kind}:${key.owner.id}`;
  return [key.id, key.name, key.kind, owner, key.roles.join(',') || '-', key.expires_at?.slice(0, 10) ?? 'never', stateOf(key, now)];
}

function stateOf(key: Pick<StoredKey, 'revoked_at' | 'expires_at'>, now: number): 'active' | 'expired' | 'revoked' {
  if (key.revoked_at !== undefined) return 'revoked';
  return key.expires_at !== undefined && Date.parse(key.expires_at) <= now ? 'expired' : 'active';
}
