/** `decisions` holds the records; `checkpoints` what was signed about them, in files of the same form. */
export type SegmentKind = 'decisions' | 'checkpoints';

const shape = /^([a-z]+)-\d{8}T\d{9}Z-[0-9a-z]+-\d{4,}\.ndjson$/;

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

/** The segments among a directory's names, oldest first. */
export function pickSegments(names: readonly string[], kind: SegmentKind = 'decisions'): readonly string[] {
  return names.filter((name) => shape.exec(name)?.[1] === kind).sort();
}
