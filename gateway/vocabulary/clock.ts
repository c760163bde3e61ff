/** Time, injected, so that tests can stop it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Monotonic milliseconds with fractions, for durations only. */
  monotonic(): number;
}
