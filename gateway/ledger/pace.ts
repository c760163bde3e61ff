import type { Clock } from '../vocabulary/clock.ts';

/** Says when the next group of lines may go to the disk. */
export interface Pace {
  /** A group begins now. @param waited how many of its lines somebody waits for */
  begin(waited: number): void;
  /** Milliseconds until the next group may begin; 0 for at once. */
  leftMs(): number;
}

/**
 * Makes a pace that keeps a busy log from writing and syncing as often as the disk lets it: each time costs the same however many lines share it,
 * and more of them share it when it comes a little later. As long as groups hold one waited line there is nothing to share, and nobody is held up.
 *
 * @param everyMs from the beginning of a group that several waited for to the beginning of the next
 */
export function makePace(everyMs: number, clock: Pick<Clock, 'monotonic'>): Pace {
  let notBefore = Number.NEGATIVE_INFINITY;
  return {
    begin(waited) {
      notBefore = waited > 1 ? clock.monotonic() + everyMs : Number.NEGATIVE_INFINITY;
    },
    leftMs: () => Math.max(0, notBefore - clock.monotonic()),
  };
}
