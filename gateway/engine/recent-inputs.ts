/** How many, and how large one may be. Larger ones are rare, and a thread is given a copy of all of them. */
const mostInputs = 64;
const mostBytes = 16 * 1024;
/** Once there are enough, one in so many takes the place of the oldest: they then tell of more than the last instant, at less cost. */
const oneIn = 8;
const encoder = new TextEncoder();

/** Inputs of late that the active policy answered well, as JSON text. They are kept in memory only: a new revision is tried on them. */
export interface RecentInputs {
  /** @param isGood asked only of an input that would be kept */
  offer(input: string, isGood: () => boolean): void;
  /** Oldest first. */
  all(): readonly ArrayBuffer[];
}

export function makeRecentInputs(): RecentInputs {
  const ring: ArrayBuffer[] = [];
  let next = 0;
  let passed = 0;
  return {
    offer(input, isGood) {
      passed = (passed + 1) % oneIn;
      if ((ring.length === mostInputs && passed !== 0) || input.length > mostBytes || !isGood()) return;
      const { buffer } = encoder.encode(input);
      if (buffer.byteLength > mostBytes) return;
      ring[next] = buffer;
      next = (next + 1) % mostInputs;
    },
    all: () => [...ring.slice(next), ...ring.slice(0, next)],
  };
}
