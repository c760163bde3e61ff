import { hash } from 'node:crypto';
import { writeAroundKept } from '../json/kept-text.ts';

/*
 * One line of the log:
 *
 *     {"seq":7,"prev":"<hash of line 6>",<the entry's members>,"hash":"<SHA-256, hex, of all bytes before ,"hash">"}
 *
 * What is hashed is bytes, not a canonical form, so a verifier needs no JSON rules: it cuts off the last 75 bytes and hashes the rest.
 */

/** The `prev` of a first line. */
export const noHash = '0'.repeat(64);

/** `,"hash":"` + 64 digits + `"}` */
const tailBytes = 9 + 64 + 2;
const longestHead = 110;
const head = /^\{"seq":([1-9][0-9]{0,14}),"prev":"([0-9a-f]{64})",/;
const tail = /^,"hash":"([0-9a-f]{64})"\}$/;

// Readers split at these, too (NEL and Unicode's separators); JSON.stringify leaves them as they are.
const separators = ['\u0085', '\u2028', '\u2029'] as const;
const reserved = ['seq', 'prev', 'hash'] as const;

/**
 * An entry's members as JSON text without the outer braces.
 * @throws TypeError where the entry is not a plain JSON object, is empty, or uses a name that belongs to the log
 */
export function members(entry: object): string {
  for (const name of reserved) {
    if (Object.hasOwn(entry, name)) throw new TypeError(`an entry of the log may not bring its own "${name}"`);
  }
  const text = writeAroundKept(entry);
  if (text === undefined || text.length < 3 || text.charCodeAt(0) !== 0x7b) {
    throw new TypeError('an entry of the log must be an object with at least one member');
  }
  return escapeSeparators(text.slice(1, -1));
}

function escapeSeparators(text: string): string {
  let escaped = text;
  for (const separator of separators) {
    // Looked for first: hardly any line holds one, and looking costs next to nothing.
    if (escaped.includes(separator)) escaped = escaped.replaceAll(separator, `\\u${separator.charCodeAt(0).toString(16).padStart(4, '0')}`);
  }
  return escaped;
}

/** Chains members to the line before. The text ends in a newline. */
export function chainLine(seq: number, prev: string, content: string): { readonly text: string; readonly hash: string } {
  const hashed = startOf(seq, prev) + content;
  const digest = hash('sha256', hashed, 'hex');
  return { text: `${hashed},"hash":"${digest}"}\n`, hash: digest };
}

/** A line as it was read. */
export interface ReadLine {
  readonly seq: number;
  readonly prev: string;
  readonly hash: string;
  /** Its hash is that of its bytes. */
  readonly sound: boolean;
}

/** Reads the frame of one line (without its newline); `undefined` where the bytes have not the form of a line at all. */
export function readLine(bytes: Buffer): ReadLine | undefined {
  if (bytes.length < tailBytes) return undefined;
  const start = head.exec(bytes.toString('latin1', 0, longestHead));
  const end = tail.exec(bytes.toString('latin1', bytes.length - tailBytes));
  if (start === null || end === null) return undefined;
  const [, seq, prev] = start;
  const [, stated] = end;
  if (seq === undefined || prev === undefined || stated === undefined) return undefined;
  const sound = hash('sha256', bytes.subarray(0, bytes.length - tailBytes), 'hex') === stated;
  return { seq: Number(seq), prev, hash: stated, sound };
}

/**
 * Whether a line is the one that follows: the quick way through a log that holds, where each line can be compared with what it must begin with.
 * @returns its hash; `undefined` where it is not, for whatever reason
 */
export function followLine(bytes: Buffer, seq: number, prev: string): string | undefined {
  const start = startOf(seq, prev);
  const tailAt = bytes.length - tailBytes;
  if (tailAt <= start.length || bytes.toString('latin1', 0, start.length) !== start) return undefined;
  const digest = hash('sha256', bytes.subarray(0, tailAt), 'hex');
  return bytes.toString('latin1', tailAt) === `,"hash":"${digest}"}` ? digest : undefined;
}

/** Whether a line with this place in its segment is the one that closes it. */
export function closesSegment(bytes: Buffer, seq: number, prev: string): boolean {
  const from = startOf(seq, prev).length;
  return bytes.toString('latin1', from, from + closing.length) === closing;
}

const closing = '"kind":"segment-end"';
const startOf = (seq: number, prev: string): string => `{"seq":${seq},"prev":"${prev}",`;

/** The `kind` of a line where it is the entry's first member, as it is in the log's own lines; a caller's text cannot stand there. */
export function ownKind(bytes: Buffer): string | undefined {
  const text = bytes.toString('latin1', 0, longestHead + 40);
  return /^\{"seq":[0-9]+,"prev":"[0-9a-f]{64}","kind":"([a-z-]+)"/.exec(text)?.[1];
}
