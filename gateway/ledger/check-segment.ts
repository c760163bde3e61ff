import { noHash, type ReadLine } from './line.ts';

/** A line as the checker sees it: its frame, or `undefined` where it has none, and whether it is the closing line. */
export interface SeenLine {
  readonly frame: ReadLine | undefined;
  readonly closes: boolean;
}

export type FaultKind = 'altered' | 'missing' | 'reordered' | 'inserted';

export interface Fault {
  /** Position in the file, from 1. */
  readonly line: number;
  readonly kind: FaultKind;
  readonly message: string;
}

/**
 * Finds the first line at which a segment is not what was written, and tells what was done there as well as the lines tell it.
 * @returns `undefined` where every line follows from the one before
 */
export function checkSegment(lines: readonly SeenLine[]): Fault | undefined {
  let prev = noHash;
  for (const [index, { frame }] of lines.entries()) {
    const seq = index + 1;
    if (lines[index - 1]?.closes) return fault(index, 'inserted', 'stands after the line that closed the segment');
    if (!frame?.sound) return explainUnsound(lines, index, prev);
    if (frame.seq !== seq || frame.prev !== prev) return explainBreak(lines, index, frame, prev);
    prev = frame.hash;
  }
  return undefined;
}

function explainUnsound(lines: readonly SeenLine[], index: number, prev: string): Fault {
  if (follows(lines[index + 1], index + 1, prev))
    return fault(index, 'inserted', 'is foreign: the next line follows from the one before it');
  return fault(index, 'altered', lines[index]?.frame === undefined ? 'has not the form of a line' : 'has not the hash of its bytes');
}

/** The line is whole, but it is not the one that belongs here. */
function explainBreak(lines: readonly SeenLine[], index: number, frame: ReadLine, prev: string): Fault {
  const seq = index + 1;
  if (frame.prev === prev && !follows(lines[index + 1], seq, prev)) {
    return fault(index, 'altered', `has the number ${frame.seq}, and yet it follows from the line before`);
  }
  if (frame.seq > seq) {
    const later = lines.findIndex((line, at) => at > index && follows(line, seq, prev));
    if (later === -1)
      return fault(index, 'missing', `is number ${frame.seq}, but number ${seq} should stand here: what lay between is missing`);
    const known = lines.some((line) => line.frame?.hash === frame.prev);
    if (!known) return fault(index, 'inserted', 'follows from no line of this segment');
    return fault(index, 'reordered', `is number ${frame.seq}, but number ${seq}, now line ${later + 1}, should stand here`);
  }
  const copyOf = lines.findIndex((line, at) => at < index && line.frame?.hash === frame.hash);
  if (copyOf !== -1) return fault(index, 'inserted', `is a copy of line ${copyOf + 1}`);
  if (frame.seq === seq) {
    if (follows(lines[index + 1], seq, prev)) return fault(index, 'inserted', 'is foreign: the next line follows from the one before it');
    if (index === 0) return fault(index, 'altered', 'is the first line and yet names one before it');
    return fault(index - 1, 'altered', 'was made anew: the next line follows from another one than this');
  }
  const before = lines[index - 2]?.frame?.hash ?? noHash;
  if (frame.seq === seq - 1 && frame.prev === before) return fault(index - 1, 'inserted', 'was put before the line that has its number');
  return fault(index, 'inserted', `is number ${frame.seq}, which this segment has had`);
}

function follows(line: SeenLine | undefined, seq: number, prev: string): boolean {
  const frame = line?.frame;
  return frame?.sound === true && frame.seq === seq && frame.prev === prev;
}

function fault(index: number, kind: FaultKind, message: string): Fault {
  return { line: index + 1, kind, message };
}
