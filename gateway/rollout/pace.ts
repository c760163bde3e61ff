export interface PaceNeeds {
  readonly minSeconds: number;
  readonly maxSeconds: number;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
}

export interface Pace {
  /** Milliseconds until the source is asked again. @param failures how often in a row it has failed; 0 after a success */
  next(failures: number): number;
}

/** The first wait after a failure, unless polling is quicker. */
const firstRetrySeconds = 1;

/**
 * Says when to ask a source again: at a time between the two, so that a fleet of gateways does not ask all at once; after failures soon at first,
 * then at twice the time each, up to the longest.
 */
export function makePace({ minSeconds, maxSeconds, random }: PaceNeeds): Pace {
  return {
    next(failures) {
      if (failures === 0) return (minSeconds + random() * (maxSeconds - minSeconds)) * 1000;
      const seconds = Math.min(Math.min(firstRetrySeconds, minSeconds) * 2 ** Math.min(failures - 1, 30), maxSeconds);
      return seconds * (0.5 + random() / 2) * 1000;
    },
  };
}
