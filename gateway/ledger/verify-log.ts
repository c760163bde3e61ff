import { join } from 'node:path';
import { checkSegment, type FaultKind, type SeenLine } from './check-segment.ts';
import { type FileSystemPort, localFileSystem } from './file-system.ts';
import { ownKind, readLine } from './line.ts';
import { readHeader, type SegmentHeader, type SegmentLink } from './own-lines.ts';
import { readFirstLine, readLines } from './read-lines.ts';
import { pickSegments } from './segment-names.ts';

export interface VerifyNeeds {
  readonly directory: string;
  readonly files?: FileSystemPort;
  /** A segment's name: those that sort before it have been taken to an archive, and links to them are not followed. */
  readonly since?: string;
  /** The hash of a line that is known to have been written, from an earlier look. */
  readonly head?: string;
}

export interface Problem {
  readonly segment: string;
  readonly line?: number;
  readonly kind: FaultKind;
  readonly message: string;
}

export interface Verification {
  readonly segments: number;
  readonly lines: number;
  /** In order of segments; empty where the log holds. */
  readonly problems: readonly Problem[];
  /** What is no fault and yet worth knowing. */
  readonly notes: readonly { readonly segment: string; readonly message: string }[];
  /** The last line of each segment that no later one holds on to. Keep them elsewhere: they are what a later look is compared with. */
  readonly heads: readonly { readonly segment: string; readonly seq: number; readonly hash: string }[];
}

interface Segment {
  readonly name: string;
  readonly header: SegmentHeader | undefined;
  readonly lines: number;
  /** The hash of the last line, where it is one. */
  readonly end: string | undefined;
  readonly closed: boolean;
  /** Bytes after the last newline. */
  readonly torn: number;
  /** Those lines that other segments name: number → hash. Nothing else is kept of a segment, however long it is. */
  readonly named: ReadonlyMap<number, string | undefined>;
  readonly fault: Omit<Problem, 'segment'> | undefined;
  readonly holdsHead: boolean;
}

/**
 * Checks a whole log: each line's hash and place, each segment's links to earlier ones. It trusts nothing but the bytes; the chain has no key, so
 * whoever can write to the directory can also write a new chain: compare the heads with ones that were kept elsewhere.
 */
export async function verifyLog({ directory, files = localFileSystem, since, head }: VerifyNeeds): Promise<Verification> {
  const names = pickSegments(await files.list(directory)).filter((name) => since === undefined || name >= since);
  const links: Link[] = [];
  for (const name of names) {
    const first = await readFirstLine(files, join(directory, name));
    for (const link of (first && readHeader(first))?.previous ?? []) {
      if (since === undefined || link.segment >= since) links.push({ ...link, from: name });
    }
  }
  const segments = new Map<string, Segment>();
  for (const name of names) {
    const named = new Set(links.filter(({ segment }) => segment === name).map(({ seq }) => seq));
    segments.set(name, await readSegment(files, directory, name, named, head));
  }
  const held = new Map<string, number>();
  for (const { segment, seq } of links) held.set(segment, Math.max(seq, held.get(segment) ?? 0));

  const problems: Problem[] = [];
  const notes: { segment: string; message: string }[] = [];
  for (const link of links) problems.push(...followLink(link, segments.get(link.segment)));
  for (const segment of segments.values()) {
    const { name, fault } = segment;
    if (fault !== undefined) problems.push({ segment: name, ...fault });
    problems.push(...checkEnd(segment));
    for (const message of remark(segment, held.get(name) ?? 0)) notes.push({ segment: name, message });
  }
  if (head !== undefined && ![...segments.values()].some(({ holdsHead }) => holdsHead)) {
    problems.push({ segment: names.at(-1) ?? directory, kind: 'missing', message: 'and all others lack the line with the given hash' });
  }
  problems.sort((a, b) => (order(a) < order(b) ? -1 : 1));
  const lines = [...segments.values()].reduce((sum, segment) => sum + segment.lines, 0);
  return { segments: names.length, lines, problems, notes, heads: findEnds(segments, held) };
}

interface Link extends SegmentLink {
  readonly from: string;
}

const order = ({ segment, line = 0 }: Problem): string => `${segment} ${String(line).padStart(12, '0')}`;

async function readSegment(
  files: FileSystemPort,
  directory: string,
  name: string,
  named: ReadonlySet<number>,
  head: string | undefined,
): Promise<Segment> {
  const seen: SeenLine[] = [];
  let header: SegmentHeader | undefined;
  let torn = 0;
  for await (const { lines, rest } of readLines(files, join(directory, name))) {
    if (seen.length === 0 && lines[0] !== undefined) header = readHeader(lines[0]);
    for (const line of lines) seen.push({ frame: readLine(line), closes: ownKind(line) === 'segment-end' });
    torn = rest.length;
  }
  const last = seen.at(-1);
  return {
    name,
    header,
    lines: seen.length,
    end: last?.frame?.hash,
    closed: last?.closes === true,
    torn,
    named: new Map([...named].filter((seq) => seq <= seen.length).map((seq) => [seq, seen[seq - 1]?.frame?.hash])),
    fault: checkSegment(seen) ?? (seen.length > 0 ? checkHeader(name, header) : undefined),
    holdsHead: head !== undefined && seen.some(({ frame }) => frame?.hash === head),
  };
}

function checkHeader(name: string, header: SegmentHeader | undefined): Omit<Problem, 'segment'> | undefined {
  if (header === undefined) return { line: 1, kind: 'altered', message: 'is not the header of a segment' };
  if (header.segment !== name)
    return { line: 1, kind: 'altered', message: 'is the header of another segment; the file was renamed or copied' };
  return undefined;
}

/** Whether what one segment saw of an earlier one is still there. */
function* followLink({ segment, seq, hash, from }: Link, target: Segment | undefined): Generator<Problem> {
  if (target === undefined) {
    yield { segment, kind: 'missing', message: `is gone; ${from} names it` };
  } else if (seq > target.lines) {
    yield { segment, line: target.lines + 1, kind: 'missing', message: `and what follows is cut off; ${from} saw line ${seq}` };
  } else if (seq > 0 && target.named.get(seq) !== hash) {
    yield { segment, line: seq, kind: 'altered', message: `is not the line that ${from} saw` };
  }
}

/** A torn end is no fault where a crash can explain it; after the closing line nothing can. */
function* checkEnd({ name, lines, closed, torn }: Segment): Generator<Problem> {
  if (torn > 0 && closed) {
    yield { segment: name, line: lines + 1, kind: 'inserted', message: 'stands after the line that closed the segment' };
  }
}

function* remark({ lines, closed, torn }: Segment, held: number): Generator<string> {
  if (lines === 0) yield 'holds no line: nothing in it was ever acknowledged';
  else if (!closed) yield 'has no closing line: it is being written, or a write failed, or its process was killed, or its end was cut off';
  if (torn > 0) yield `ends in ${torn} bytes of a line that was not written to its end; it was acknowledged to nobody`;
  if (held > 0 && lines > held) yield `lines ${held + 1} to ${lines} came after the last look that a later segment took`;
}

function findEnds(segments: ReadonlyMap<string, Segment>, held: ReadonlyMap<string, number>): Verification['heads'] {
  const heads: { segment: string; seq: number; hash: string }[] = [];
  for (const { name, lines, end } of segments.values()) {
    if (end !== undefined && lines > (held.get(name) ?? 0)) heads.push({ segment: name, seq: lines, hash: end });
  }
  return heads;
}
