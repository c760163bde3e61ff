import { join } from 'node:path';
import type { KeyEntry } from './checkpoint-keys.ts';
import { DamagedFile } from './compressed.ts';
import { type FileSystemPort, localFileSystem } from './file-system.ts';
import { readHeader } from './own-lines.ts';
import type { Problem } from './problem.ts';
import { readFirstLine } from './read-lines.ts';
import { type ReadSegment, readSegment } from './read-segment.ts';
import { pickSegments } from './segment-names.ts';
import { checkEnd, findEnds, followLink, type Link, remark } from './verify-links.ts';
import {
  believe,
  compareSegment,
  coveredOf,
  findUncovered,
  findUnvouched,
  gatherStatement,
  retirementsOf,
  type SeenStatement,
  sizesOf,
} from './verify-statements.ts';

export interface VerifyNeeds {
  readonly directory: string;
  readonly files?: FileSystemPort;
  /** A segment's name: those that sort before it have been taken to an archive, and links to them are not followed. */
  readonly since?: string;
  /** The hash of a line that is known to have been written, from an earlier look. */
  readonly head?: string;
  /** Public keys that are known from elsewhere. Without any, the first that the log lists is believed. */
  readonly keys?: readonly KeyEntry[];
  /** Statements that were kept elsewhere. */
  readonly elsewhere?: { readonly statements: readonly SeenStatement[]; readonly keys: readonly KeyEntry[] };
}

export interface Verification {
  readonly segments: number;
  readonly lines: number;
  /** In order of segments, what was signed about them last; empty where the log holds. */
  readonly problems: readonly Problem[];
  /** What is no fault and yet worth knowing. */
  readonly notes: readonly { readonly segment: string; readonly message: string }[];
  /** The last line of each segment that no later one holds on to. Keep them elsewhere: they are what a later look is compared with. */
  readonly heads: readonly { readonly segment: string; readonly seq: number; readonly hash: string }[];
  readonly checkpoints: {
    /** Statements that were believed. */
    readonly count: number;
    /** Lines that stand under one. */
    readonly lines: number;
    /** Segments that were retired. */
    readonly retired: number;
    /** Ids of the keys that were believed. */
    readonly keys: readonly string[];
  };
}

/**
 * Checks a whole log: each line's hash and place, each segment's links to earlier ones, and what was signed about them. It trusts nothing but the
 * bytes and the keys that it is given. A chain has no key, so whoever can write to the directory can also write a new chain: what that cannot change is
 * what was signed, as long as the signatures are kept elsewhere, too.
 */
export async function verifyLog(needs: VerifyNeeds): Promise<Verification> {
  const { directory, files = localFileSystem, since, head, keys = [], elsewhere = { statements: [], keys: [] } } = needs;
  const all = await files.list(directory);
  const isAsked = (segment: string): boolean => since === undefined || !segment.startsWith('decisions-') || segment >= since;
  const names = pickSegments(all).filter(isAsked);
  const signedNames = pickSegments(all, 'checkpoints');
  const links = (await findLinks(files, directory, [...signedNames, ...names])).filter(({ segment }) => isAsked(segment));
  const linesOf = (name: string) => new Set(links.filter(({ segment }) => segment === name).map(({ seq }) => seq));

  const seen: SeenStatement[] = [];
  const signedFiles = new Map<string, ReadSegment>();
  for (const name of signedNames) {
    const onLine = (line: Buffer, number: number) => gatherStatement(seen, name, line, number, false);
    signedFiles.set(name, await readSegment(files, directory, name, { lines: linesOf(name), sizes: new Set(), onLine }));
  }
  const listed = [...signedFiles.values()].flatMap(({ header }) => header?.keys ?? []);
  const { statements, problems: doubts, ring } = believe([...seen, ...elsewhere.statements], keys, [...elsewhere.keys, ...listed]);
  const retired = retirementsOf(statements);
  const sizes = sizesOf(statements);
  const covered = coveredOf(statements);

  const segments = new Map<string, ReadSegment>();
  for (const name of names) {
    segments.set(name, await readSegment(files, directory, name, { lines: linesOf(name), sizes: sizes.get(name) ?? new Set(), head }));
  }
  const held = new Map<string, number>();
  for (const { segment, seq } of links) held.set(segment, Math.max(seq, held.get(segment) ?? 0));

  const problems: Problem[] = [];
  const notes: { segment: string; message: string }[] = [];
  for (const link of links)
    problems.push(...followLink(link, segments.get(link.segment) ?? signedFiles.get(link.segment), retired.get(link.segment)));
  for (const segment of [...segments.values(), ...signedFiles.values()]) {
    if (segment.fault !== undefined) problems.push({ segment: segment.name, ...segment.fault });
    problems.push(...checkEnd(segment));
  }
  for (const segment of segments.values()) {
    const { name, lines } = segment;
    problems.push(...findUncovered(segment, covered, isAsked));
    if (keys.length > 0 && statements.length > 0 && name !== names.at(-1)) problems.push(...findUnvouched(segment, covered, isAsked));
    for (const message of remark(segment, held.get(name) ?? 0)) notes.push({ segment: name, message });
    const under = covered.get(name) ?? 0;
    if (statements.length > 0 && lines > under)
      notes.push({ segment: name, message: `lines ${under + 1} to ${lines} stand under no checkpoint yet` });
  }
  if (keys.length > 0 && statements.length === 0 && names.length > 0) {
    problems.push({
      segment: names[0] ?? directory,
      kind: 'missing',
      message: 'and all others stand under no checkpoint of a trusted key',
    });
  }
  const byName = Map.groupBy(statements, ({ statement }) => statement.segment);
  for (const [name, about] of byName) {
    if (isAsked(name)) problems.push(...compareSegment(name, segments.get(name), about, retired.has(name)));
  }
  if (head !== undefined && ![...segments.values()].some(({ holdsHead }) => holdsHead)) {
    problems.push({ segment: names.at(-1) ?? directory, kind: 'missing', message: 'and all others lack the line with the given hash' });
  }
  problems.sort((a, b) => (order(a) < order(b) ? -1 : 1));
  return {
    segments: names.length,
    lines: sum(segments.values(), ({ lines }) => lines),
    problems: [...problems, ...doubts],
    notes,
    heads: findEnds(segments.values(), held),
    checkpoints: {
      count: new Set(statements.map(({ signature }) => signature)).size,
      lines: sum(segments.values(), ({ name, lines }) => Math.min(lines, covered.get(name) ?? 0)),
      retired: [...retired.keys()].filter((name) => !segments.has(name)).length,
      keys: [...ring.keys()],
    },
  };
}

/** The records first, then what was signed about them. */
const order = ({ segment, line = 0 }: Problem): string =>
  `${segment.startsWith('decisions-') ? 0 : 1} ${segment} ${String(line).padStart(12, '0')}`;

function sum(segments: Iterable<ReadSegment>, of: (segment: ReadSegment) => number): number {
  let total = 0;
  for (const segment of segments) total += of(segment);
  return total;
}

async function findLinks(files: FileSystemPort, directory: string, names: readonly string[]): Promise<readonly Link[]> {
  const links: Link[] = [];
  for (const name of names) {
    const first = await readFirstLine(files, join(directory, name)).catch((error: unknown) => {
      // What is wrong with it is told when it is read as a whole.
      if (error instanceof DamagedFile) return undefined;
      throw error;
    });
    const header = first && readHeader(first);
    for (const link of header?.previous ?? []) links.push({ ...link, from: name });
    if (header?.checkpoints !== undefined) links.push({ ...header.checkpoints, from: name });
  }
  return links;
}
