import type { KeyEntry } from './checkpoint-keys.ts';

/* The lines that the log writes about itself. `kind` comes first in each, where no caller's text can stand. */

export const logSchema = 'regate.log/1';

/** How a segment holds on to an earlier one: it names a line of it that was there when this segment was opened. */
export interface SegmentLink {
  readonly segment: string;
  /** The last sound line that was seen, or, for an abandoned segment, the last that was acknowledged. 0 where there was none. */
  readonly seq: number;
  readonly hash: string;
  /** Bytes after that line which do not make a line: a write that a crash cut short. */
  readonly torn_bytes?: number;
  /** A write or a sync failed there; what follows the line was acknowledged to nobody. */
  readonly abandoned?: true;
}

export interface SegmentHeader {
  readonly kind: 'segment';
  readonly schema: typeof logSchema;
  /** The file's own name, so that a renamed file is noticed. */
  readonly segment: string;
  /** RFC 3339, UTC. */
  readonly opened: string;
  readonly pid: number;
  readonly previous: readonly SegmentLink[];
  /** Lines nobody waited for that were lost while no segment could be written. */
  readonly dropped?: number;
  /** Decisions that went on before their lines were on disk, as configured. */
  readonly buffered?: number;
  /** The end of this run's checkpoint file when this segment was opened; absent where it keeps none, or none could be written. */
  readonly checkpoints?: SegmentLink;
  /** In checkpoint files: the public keys, the one that signs last. */
  readonly keys?: readonly KeyEntry[];
}

export interface SegmentEnd {
  readonly kind: 'segment-end';
  /** RFC 3339, UTC. */
  readonly closed: string;
  readonly why: 'rotated' | 'closed';
}

const digest = /^[0-9a-f]{64}$/;

function isLink(value: unknown): value is SegmentLink {
  if (typeof value !== 'object' || value === null) return false;
  const link = value as Partial<Record<keyof SegmentLink, unknown>>;
  return typeof link.segment === 'string' && Number.isSafeInteger(link.seq) && typeof link.hash === 'string' && digest.test(link.hash);
}

/** Reads a header line; `undefined` where it is none. */
export function readHeader(line: Buffer): SegmentHeader | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line.toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const header = value as Partial<Record<keyof SegmentHeader, unknown>>;
  if (header.kind !== 'segment' || header.schema !== logSchema || typeof header.segment !== 'string') return undefined;
  if (!Array.isArray(header.previous) || !header.previous.every(isLink)) return undefined;
  return value as SegmentHeader;
}
