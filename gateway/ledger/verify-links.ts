import type { SegmentLink } from './own-lines.ts';
import type { Problem } from './problem.ts';
import type { ReadSegment } from './read-segment.ts';
import type { Retirement } from './statement.ts';

/** What one segment says of another. */
export interface Link extends SegmentLink {
  readonly from: string;
}

/** Whether what one segment saw of an earlier one is still there, or was retired. */
export function* followLink({ segment, seq, hash, from }: Link, target: ReadSegment | undefined, retired?: Retirement): Generator<Problem> {
  if (target === undefined && retired !== undefined) {
    if (seq > retired.size || (seq === retired.size && hash !== retired.head))
      yield { segment, kind: 'altered', message: `was retired as another one than ${from} saw` };
  } else if (target === undefined) {
    yield { segment, kind: 'missing', message: `is gone; ${from} names it` };
  } else if (seq > target.lines) {
    yield { segment, line: target.lines + 1, kind: 'missing', message: `and what follows is cut off; ${from} saw line ${seq}` };
  } else if (seq > 0 && target.hashes.get(seq) !== hash) {
    yield { segment, line: seq, kind: 'altered', message: `is not the line that ${from} saw` };
  }
}

/** A torn end is no fault where a crash can explain it; after the closing line nothing can. */
export function* checkEnd({ name, lines, closed, torn }: ReadSegment): Generator<Problem> {
  if (torn > 0 && closed) {
    yield { segment: name, line: lines + 1, kind: 'inserted', message: 'stands after the line that closed the segment' };
  }
}

/** @param held the last line of it that a later segment names */
export function* remark({ lines, closed, torn }: ReadSegment, held: number): Generator<string> {
  if (lines === 0) yield 'holds no line: nothing in it was ever acknowledged';
  else if (!closed) yield 'has no closing line: it is being written, or a write failed, or its process was killed, or its end was cut off';
  if (torn > 0) yield `ends in ${torn} bytes of a line that was not written to its end; it was acknowledged to nobody`;
  if (held > 0 && lines > held) yield `lines ${held + 1} to ${lines} came after the last look that a later segment took`;
}

/** The ends that no later segment holds on to. */
export function findEnds(segments: Iterable<ReadSegment>, held: ReadonlyMap<string, number>) {
  const heads: { segment: string; seq: number; hash: string }[] = [];
  for (const { name, lines, end } of segments) {
    if (end !== undefined && lines > (held.get(name) ?? 0)) heads.push({ segment: name, seq: lines, hash: end });
  }
  return heads;
}
