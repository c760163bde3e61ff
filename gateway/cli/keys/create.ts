import { editKeyFile } from '../../registry/edit-key-file.ts';
import type { StoredKey } from '../../registry/key-document.ts';
import { makeKeyText } from '../../registry/key-format.ts';
import { readOrMakePepper } from '../../registry/pepper-file.ts';
import type { VirtualKey } from '../../vocabulary/proofs.ts';
import type { KeysIo, KeysPlace } from './keys.ts';

/** What the operator says of a new key. */
export type NewKey = Omit<VirtualKey, 'id' | 'created_at' | 'revoked_at'>;

/**
 * Makes a key and stores its hash. The key itself goes to stdout, once, and is kept nowhere; everything else goes to stderr, so that
 * `regate keys create … | pbcopy` and `KEY=$(regate keys create …)` hold the key alone.
 */
export async function createKey(place: KeysPlace, wanted: NewKey, io: KeysIo): Promise<void> {
  const { pepper, made } = readOrMakePepper(place.pepperFile, io.randomBytes);
  const { id, text } = makeKeyText(io.randomBytes);
  const stored: StoredKey = {
    id,
    name: wanted.name,
    kind: wanted.kind,
    owner: { ...wanted.owner },
    roles: [...wanted.roles],
    groups: [...wanted.groups],
    scopes: [...wanted.scopes],
    claims: readClaims(wanted.claims),
    created_at: new Date(io.now()).toISOString(),
    ...(wanted.expires_at === undefined ? {} : { expires_at: wanted.expires_at }),
    hash: pepper.digest(text).toString('hex'),
  };
  await editKeyFile(place.file, (keys) => [...keys, stored]);
  if (made) io.err(`Made a pepper: ${place.pepperFile}. Keep it secret and keep it: without it every key is void.\n`);
  io.err(`Key ${id} (${stored.name}) of ${stored.owner.kind} ${stored.owner.id}, ${describeExpiry(stored)}. It is shown this once:\n`);
  io.out(`${text}\n`);
}

/** Values that read as a number or a truth value are stored as such, so that policy can compare them. */
function readClaims(claims: Readonly<Record<string, unknown>>): Record<string, string | number | boolean> {
  return Object.fromEntries(
    Object.entries(claims).map(([name, value]) => {
      const text = String(value);
      if (text === 'true' || text === 'false') return [name, text === 'true'];
      return [name, /^-?(0|[1-9][0-9]{0,14})$/.test(text) ? Number(text) : text];
    }),
  );
}

function describeExpiry(key: StoredKey): string {
  return key.expires_at === undefined ? 'which does not expire' : `which expires ${key.expires_at}`;
}
