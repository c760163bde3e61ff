import type { KeysDesk, ShownKey } from './desk.ts';
import type { KeysIo } from './keys.ts';

const headings = ['ID', 'NAME', 'KIND', 'OWNER', 'ROLES', 'EXPIRES', 'LAST USED', 'STATE'] as const;

/** Lists the keys: what they are called and whose they are. Hashes are never shown. */
export async function listKeys(desk: KeysDesk, json: boolean, io: KeysIo): Promise<void> {
  const keys = await desk.list();
  if (json) {
    const shown = keys.map((key) => ({ ...key, state: stateOf(key, io.now()) }));
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

function describeKey(key: ShownKey, now: number): readonly string[] {
  const owner = `${key.owner.kind}:${key.owner.id}`;
  return [
    key.id,
    key.name,
    key.kind,
    owner,
    key.roles.join(',') || '-',
    key.expires_at?.slice(0, 10) ?? 'never',
    key.last_used_at?.slice(0, 10) ?? '-',
    stateOf(key, now),
  ];
}

function stateOf(key: Pick<ShownKey, 'revoked_at' | 'expires_at'>, now: number): 'active' | 'expired' | 'revoked' {
  if (key.revoked_at !== undefined) return 'revoked';
  return key.expires_at !== undefined && Date.parse(key.expires_at) <= now ? 'expired' : 'active';
}
