import type { FaultKind } from './check-segment.ts';

/** Where a log does not hold. */
export interface Problem {
  /** A segment, or a checkpoint file. */
  readonly segment: string;
  readonly line?: number;
  readonly kind: FaultKind;
  /** Goes on from the place: `… line 7 has not the hash of its bytes`. */
  readonly message: string;
}
