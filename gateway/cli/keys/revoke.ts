import type { KeysDesk } from './desk.ts';
import type { KeysIo } from './keys.ts';

/** Revokes a key. It stays known, so that it is refused as revoked and its records can be read. Revoking again changes nothing. */
export async function revokeKey(desk: KeysDesk, id: string, io: KeysIo): Promise<void> {
  const { already } = await desk.revoke(id);
  io.err(already === undefined ? `Key ${id} is revoked.\n` : `Key ${id} was revoked already, ${already}.\n`);
}
