import { z } from 'zod';
import { Breakage } from '../errors.ts';

/** What can be taken back: one token by its id, everything of a subject, of a session, of a virtual key, of a device. */
export const revocationKinds = ['token', 'subject', 'session', 'key', 'device'] as const;
export type RevocationKind = (typeof revocationKinds)[number];

const time = z.iso.datetime({ offset: true });

export const revocation = z
  .strictObject({
    kind: z.enum(revocationKinds),
    /** As records show it: a token's `jti`, a principal's `okta:00u1`, a session's, key's or device's id. */
    id: z.string().regex(/^[\x21-\x7e]{1,255}$/, 'expected printable ASCII without spaces, at most 255'),
    at: time,
    /** From then on it is no longer needed, since what it refuses has expired. Absent: it holds until it is lifted. */
    until: time.exactOptional(),
  })
  .readonly();

export type Revocation = z.infer<typeof revocation>;

const document = z.strictObject({ version: z.literal(1), revocations: z.array(revocation).max(1_000_000) });

/** Reads the text of a file of revocations. @throws Breakage where it is not exactly of this form; the message names the place only */
export function parseRevocations(text: string): readonly Revocation[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Breakage('gateway.error', 'The file of revocations is not JSON.');
  }
  const parsed = document.safeParse(value);
  if (parsed.success) return parsed.data.revocations;
  const [issue] = parsed.error.issues;
  throw new Breakage(
    'gateway.error',
    `The list of revocations is not valid at ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'unknown'}`,
  );
}

export function formatRevocations(revocations: readonly Revocation[]): string {
  return `${JSON.stringify({ version: 1, revocations }, null, 2)}\n`;
}

/** Where revocations are kept and changed. */
export interface RevocationStore {
  all(): Promise<readonly Revocation[]>;
  /** Adds one; the same again changes nothing. */
  add(revocation: Revocation): Promise<void>;
  /** @throws Breakage `admin.not-found` */
  lift(kind: RevocationKind, id: string): Promise<void>;
}

/** The copy in memory that requests look into. */
export interface RevocationList {
  /** Whether it is revoked; `undefined` where the list is older than it may be, so that nobody can say. */
  has(kind: RevocationKind, id: string): boolean | undefined;
  /** None at all, and the list is fresh: most gateways, most of the time. */
  isEmpty(): boolean;
}

/** The key under which one is found. A kind has no colon, so two of them never meet. */
export const placeOf = (kind: RevocationKind, id: string): string => `${kind}:${id}`;
