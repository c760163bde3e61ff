import type { KeyObject } from 'node:crypto';
import { isSignedBy, type SigningKey } from './checkpoint-keys.ts';
import { members } from './line.ts';

/*
 * What the gateway signs about its own log. A statement is a line of a checkpoint file; its members are
 *
 *     "kind":"checkpoint",…,"key":"<id>","signature":"<Ed25519, base64>"
 *
 * and what is signed is the UTF-8 text `{` + all members before `,"signature"` + `}`: bytes, as for the hash of a line, no canonical JSON.
 */

export type CheckpointReason = 'interval' | 'ended' | 'held';

/** So many lines of a segment were on disk, and these were they. */
export interface Checkpoint {
  readonly kind: 'checkpoint';
  readonly schema: 'regate.checkpoint/1';
  /** RFC 3339, UTC. */
  readonly time: string;
  /** The hash of the line before this one in its checkpoint file, so that what is signed is chained as well. */
  readonly after: string;
  readonly segment: string;
  /** Lines that it covers, from the first. */
  readonly size: number;
  /** The hash of the last of them. */
  readonly head: string;
  /** The root of the Merkle tree over their hashes. */
  readonly root: string;
  readonly why: CheckpointReason;
}

/** A segment was removed on purpose; this stands for it. */
export interface Retirement {
  readonly kind: 'retirement';
  readonly schema: 'regate.checkpoint/1';
  readonly time: string;
  readonly after: string;
  readonly segment: string;
  /** All lines that it had. */
  readonly size: number;
  readonly head: string;
  readonly root: string;
  readonly bytes: number;
  readonly why: 'age' | 'size';
}

export type Statement = Checkpoint | Retirement;

/** A statement with who signed it. */
export interface Signed {
  readonly statement: Statement;
  readonly key: string;
  readonly signature: string;
  /** The text that was signed. */
  readonly text: string;
}

const digest = /^[0-9a-f]{64}$/;
const tail = /^(\{.*"key":"([0-9a-f]{16})"),"signature":"([A-Za-z0-9+/]{86}==)"/s;

/** The members of a signed line. */
export function signStatement(statement: Statement, key: SigningKey): string {
  const content = members({ ...statement, key: key.id });
  return `${content},"signature":"${key.sign(`{${content}}`)}"`;
}

/**
 * Reads a statement from a line of a checkpoint file, frame and all.
 * @returns `undefined` where the line is none
 */
export function readStatement(line: Buffer): Signed | undefined {
  const text = line.toString('utf8');
  const start = text.indexOf('"kind":');
  const match = start === -1 ? null : tail.exec(`{${text.slice(start)}`);
  if (match === null) return undefined;
  const [, content = '', key = '', signature = ''] = match;
  const signed = `${content}}`;
  let value: unknown;
  try {
    value = JSON.parse(signed);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  return isStatement(value) ? { statement: value, key, signature, text: signed } : undefined;
}

function isStatement(value: unknown): value is Statement {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, schema, segment, size, head, root, after, time } = value as Partial<Record<keyof Statement, unknown>>;
  const isDigest = (text: unknown) => typeof text === 'string' && digest.test(text);
  return (
    (kind === 'checkpoint' || kind === 'retirement') &&
    schema === 'regate.checkpoint/1' &&
    typeof segment === 'string' &&
    typeof time === 'string' &&
    Number.isSafeInteger(size) &&
    isDigest(head) &&
    isDigest(root) &&
    isDigest(after)
  );
}

export function isGenuine({ text, signature }: Signed, key: KeyObject): boolean {
  return isSignedBy(key, text, signature);
}
