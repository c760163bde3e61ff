/** `decisions` holds the records; `checkpoints` what was signed about them, in files of the same form. */
export type SegmentKind = 'decisions' | 'checkpoints';

const shape = /^([a-z]+)-\d{8}T\d{9}Z-[0-9a-z]+-\d{4,}\.ndjson(?:\.zst|\.gz)?$/;

/**
 * Names a segment: when it was opened, which run of the gateway writes it, and its number within that run. Names sort in time order.
 * @param openedAt milliseconds since the epoch
 * @param run letters and digits, unique to the process
 * @param number from 1
 */
export function nameSegment(kind: SegmentKind, openedAt: number, run: string, number: number): string {
  const time = new Date(openedAt).toISOString().replace(/[-:.]/g, '');
  return `${kind}-${time}-${run}-${String(number).padStart(4, '0')}.ndjson`;
}

/** The segments among a directory's names, oldest first. One that lies compressed has its name without the ending. */
export function pickSegments(names: readonly string[], kind: SegmentKind = 'decisions'): readonly string[] {
  const found = names.filter((name) => shape.exec(name)?.[1] === kind).map((name) => name.replace(/\.(?:zst|gz)$/, ''));
  return [...new Set(found)].sort();
}

/** Whether a segment lies there only compressed: then it has ended, and something later holds on to its end. */
export function isCompressed(names: readonly string[], segment: string): boolean {
  return !names.includes(segment);
}

/** When a segment was opened, by its name: milliseconds since the epoch; long ago where there is none. */
export function timeOf(segment: string | undefined): number {
  if (segment === undefined) return Number.NEGATIVE_INFINITY;
  const [, y, mo, d, h, mi, s, ms] = /-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z-/.exec(segment) ?? [];
  return Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}.${ms}Z`);
}
