import { Breakage } from '../../errors.ts';
import { editKeyFile } from '../../registry/edit-key-file.ts';
import type { KeysIo, KeysPlace } from './keys.ts';

/**
 * Revokes a key. It stays in the file, so that it is refused as revoked and its records can be read. A running gateway follows within about a
 * second. Revoking again changes nothing.
 */
export async function revokeKey(place: KeysPlace, id: string, io: KeysIo): Promise<void> {
  let already: string | undefined;
  await editKeyFile(place.file, (keys) => {
    const key = keys.find((one) => one.id === id);
    if (key === undefined) throw new Breakage('gateway.error', 'There is no key with this id. See: regate keys list');
    already = key.revoked_at;
    return keys.map((one) => (one.id === id ? { ...one, revoked_at: one.revoked_at ?? new Date(io.now()).toISOString() } : one));
  });
  io.err(already === undefined ? `Key ${id} is revoked.\n` : `Key ${id} was revoked already, ${already}.\n`);
}
