/** How many, and how large one may be. Larger ones are rare, and a thread is given a copy of all of them. */
const mostInputs = 64;
const mostBytes = 16 * 1024;

/** The newest inputs that the active policy answered, as JSON text. They are kept in memory only: a new revision is tried on them. */
export interface RecentInputs {
  keep(input: ArrayBuffer): void;
  /** Oldest first. */
  all(): readonly ArrayBuffer[];
}

export function makeRecentInputs(): RecentInputs {
  const ring: ArrayBuffer[] = [];
  let next = 0;
  return {
    keep(input) {
      if (input.byteLength > mostBytes) return;
      ring[next] = input;
      next = (next + 1) % mostInputs;
    },
    all: () => [...ring.slice(next), ...ring.slice(0, next)],
  };
}
