import { join } from 'node:path';
import type { KeyEntry, KeyRing } from './checkpoint-keys.ts';
import type { FileSystemPort } from './file-system.ts';
import { followLine, noHash, ownKind, readLine } from './line.ts';
import { findPath, followPath } from './merkle.ts';
import { readHeader } from './own-lines.ts';
import { readLines } from './read-lines.ts';
import { pickSegments } from './segment-names.ts';
import { isGenuine, readStatement } from './statement.ts';

/** That one line stood in the log when a checkpoint was signed. It is enough by itself, but for the public key. */
export interface Proof {
  readonly schema: 'regate.proof/1';
  /** The line, without its newline, exactly as it stands in the log. */
  readonly line: string;
  /** From 0. */
  readonly index: number;
  /** Hashes beside the way from the line to the root, hex (RFC 9162 section 2.1.3). */
  readonly path: readonly string[];
  /** The line of the checkpoint, as it stands in its file. */
  readonly checkpoint: string;
  /** Hand-overs from one key to the next, for who trusts an older one. */
  readonly keys: readonly KeyEntry[];
}

/** Why there is no proof. */
export interface NoProof {
  readonly why: string;
}

/** Makes the proofs of all lines that tell of one decision. */
export async function proveDecision(files: FileSystemPort, directory: string, id: string): Promise<readonly Proof[] | NoProof> {
  const all = await files.list(directory);
  const places = await findLines(files, directory, pickSegments(all), id);
  if (places.length === 0) return { why: 'No decision on record has this id.' };
  const signed = await readSigned(files, directory, pickSegments(all, 'checkpoints'));
  const proofs: Proof[] = [];
  for (const { segment, index, line } of places) {
    const about = signed.lines.filter((each) => each.segment === segment && each.size > index).sort((a, b) => a.size - b.size);
    const [least] = about;
    if (least === undefined) {
      const [place, hint] = [`${segment} line ${index + 1}`, 'one is made within a minute while the gateway runs, or at its next start'];
      return { why: `No checkpoint covers ${place} yet; ${hint}.` };
    }
    const hashes = await readHashes(files, directory, segment, least.size);
    if (hashes === undefined) return { why: `${segment} does not hold; run: regate log verify` };
    proofs.push({ schema: 'regate.proof/1', line, index, path: findPath(hashes, index), checkpoint: least.text, keys: signed.keys });
  }
  return proofs;
}

/**
 * Checks a proof with nothing but keys that are trusted.
 * @returns what is wrong with it; `undefined` where it holds
 */
export function checkProof({ line, index, path, checkpoint }: Proof, ring: KeyRing): string | undefined {
  const frame = readLine(Buffer.from(line));
  if (frame === undefined || !frame.sound) return 'the record has not the hash of its bytes';
  const signed = readStatement(Buffer.from(checkpoint));
  if (signed === undefined || signed.statement.kind !== 'checkpoint') return 'it holds no checkpoint';
  const key = ring.get(signed.key);
  if (key === undefined) return `its checkpoint is of the key ${signed.key}, which is not trusted`;
  if (!isGenuine(signed, key)) return 'the signature of its checkpoint is not that of its text';
  if (frame.seq !== index + 1) return 'the record has another number than the place that is proved';
  const root = followPath(frame.hash, index, signed.statement.size, path);
  return root === signed.statement.root ? undefined : 'its path does not lead to the root that was signed';
}

async function findLines(files: FileSystemPort, directory: string, names: readonly string[], id: string) {
  const places: { segment: string; index: number; line: string }[] = [];
  for (const segment of names) {
    let index = 0;
    for await (const { lines } of readLines(files, join(directory, segment))) {
      for (const bytes of lines) {
        if (bytes.includes(id) && ownKind(bytes) === undefined && isOf(bytes, id))
          places.push({ segment, index, line: bytes.toString('utf8') });
        index += 1;
      }
    }
  }
  return places;
}

function isOf(bytes: Buffer, id: string): boolean {
  try {
    return (JSON.parse(bytes.toString('utf8')) as { decision_id?: unknown }).decision_id === id;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

async function readSigned(files: FileSystemPort, directory: string, names: readonly string[]) {
  const lines: { segment: string; size: number; text: string }[] = [];
  const keys = new Map<string, KeyEntry>();
  for (const name of names) {
    for await (const batch of readLines(files, join(directory, name))) {
      for (const bytes of batch.lines) {
        for (const entry of readHeader(bytes)?.keys ?? []) keys.set(entry.id, entry);
        const statement = readStatement(bytes)?.statement;
        if (statement?.kind === 'checkpoint')
          lines.push({ segment: statement.segment, size: statement.size, text: bytes.toString('utf8') });
      }
    }
  }
  return { lines, keys: [...keys.values()] };
}

async function readHashes(files: FileSystemPort, directory: string, name: string, size: number): Promise<readonly string[] | undefined> {
  const hashes: string[] = [];
  for await (const { lines } of readLines(files, join(directory, name))) {
    for (const line of lines) {
      if (hashes.length === size) return hashes;
      const hash = followLine(line, hashes.length + 1, hashes.at(-1) ?? noHash);
      if (hash === undefined) return undefined;
      hashes.push(hash);
    }
  }
  return hashes.length === size ? hashes : undefined;
}
