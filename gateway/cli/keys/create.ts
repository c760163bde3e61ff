import type { NewKey } from '../../registry/make-key.ts';
import type { KeysDesk, Rotation, ShownKey } from './desk.ts';
import type { KeysIo } from './keys.ts';

/**
 * Makes a key. The key itself goes to stdout, once, and is kept nowhere; everything else goes to stderr, so that
 * `regate keys create … | pbcopy` and `KEY=$(regate keys create …)` hold the key alone.
 */
export async function createKey(desk: KeysDesk, wanted: NewKey, io: KeysIo): Promise<void> {
  const { shown, text, note } = await desk.create({ ...wanted, claims: readClaims(wanted.claims) });
  if (note !== undefined) io.err(`${note}\n`);
  io.err(`${describe(shown)}. It is shown this once:\n`);
  io.out(`${text}\n`);
}

/** Makes a key that takes another one's place; the old one goes on for a while, so that whoever uses it has time to change. */
export async function rotateKey(desk: KeysDesk, id: string, rotation: Rotation, io: KeysIo): Promise<void> {
  const { shown, text, until } = await desk.rotate(id, rotation);
  io.err(`${describe(shown)}. It takes the place of ${id}, which goes on until ${until}. It is shown this once:\n`);
  io.out(`${text}\n`);
}

function describe({ id, name, owner, expires_at: expiresAt }: ShownKey): string {
  const life = expiresAt === undefined ? 'which does not expire' : `which expires ${expiresAt}`;
  return `Key ${id} (${name}) of ${owner.kind} ${owner.id}, ${life}`;
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
