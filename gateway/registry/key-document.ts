import { isIP } from 'node:net';
import { z } from 'zod';
import { Breakage } from '../errors.ts';
import { keyIdForm } from './key-format.ts';

/*
 * The file of virtual keys, as it lies on disk. One schema for whoever reads it (the gateway) and whoever writes it (`regate keys`).
 */

const name = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'expected lower-case letters, digits and . _ -, at most 63');
/** Printable ASCII without spaces: nothing that looks like something else in a policy, a log or a terminal. */
const word = z.string().regex(/^[\x21-\x7e]{1,255}$/, 'expected printable ASCII without spaces, at most 255');
const time = z.iso.datetime({ offset: true });

/** A key as it lies on disk. */
export const storedKey = z
  .strictObject({
    id: z.string().regex(keyIdForm),
    name,
    kind: z.enum(['person', 'service', 'agent']),
    owner: z.strictObject({ kind: z.enum(['person', 'team']), id: word }),
    roles: z.array(word).max(256),
    groups: z.array(word).max(256),
    scopes: z.array(word).max(256),
    claims: z.record(z.string().regex(/^[a-z][a-z0-9_.-]{0,63}$/), z.union([z.string().max(1024), z.number(), z.boolean()])),
    limits: z
      .strictObject({
        models: z.array(word).max(256).readonly().exactOptional(),
        cidrs: z.array(z.string().refine(isCidr, 'expected a CIDR such as 10.0.0.0/8')).max(256).readonly().exactOptional(),
        budget: z
          .strictObject({ tokens_per_day: z.int().min(0).exactOptional(), requests_per_day: z.int().min(0).exactOptional() })
          .exactOptional(),
      })
      .exactOptional(),
    created_at: time,
    expires_at: time.exactOptional(),
    revoked_at: time.exactOptional(),
    /** HMAC-SHA-256 of the key's text under the pepper, hex. */
    hash: z.string().regex(/^[0-9a-f]{64}$/),
  })
  .readonly();

const document = z.strictObject({ version: z.literal(1), keys: z.array(storedKey).max(100_000) }).superRefine(({ keys }, context) => {
  const ids = new Set<string>();
  const holders = new Map<string, string>();
  for (const key of keys) {
    if (ids.has(key.id)) context.addIssue({ code: 'custom', message: `the id ${key.id} stands twice` });
    ids.add(key.id);
    if (key.revoked_at !== undefined) continue;
    // A policy knows the holder by name, so a name has one holder. Two keys of one holder are what a rotation looks like.
    const holder = `${key.kind} ${key.owner.kind} ${key.owner.id}`;
    if ((holders.get(key.name) ?? holder) !== holder) context.addIssue({ code: 'custom', message: `${key.name} names two holders` });
    holders.set(key.name, holder);
  }
});

function isCidr(text: string): boolean {
  const [address = '', prefix = ''] = text.split('/');
  const family = isIP(address);
  return family !== 0 && /^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128);
}

/** A virtual key with the hash that proves it. */
export type StoredKey = z.infer<typeof storedKey>;
export type KeyDocument = z.infer<typeof document>;

/**
 * Reads the text of a key file.
 *
 * @throws Breakage where it is not exactly of this form; the message names the place, and no value beyond ids and names
 */
export function parseKeyDocument(text: string): KeyDocument {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's message quotes the text.
    throw new Breakage('gateway.error', 'The key file is not JSON.');
  }
  const parsed = document.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = issue === undefined || issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`;
  throw new Breakage('gateway.error', `The list of keys is not valid${place}: ${issue?.message ?? 'unknown'}`);
}

/** Writes a key file's text, after the same check as on reading and in one order of members, so that a change shows as one in a diff. */
export function formatKeyDocument(keys: readonly StoredKey[]): string {
  const checked = parseKeyDocument(JSON.stringify({ version: 1, keys }));
  return `${JSON.stringify(checked, null, 2)}\n`;
}
