const width = 30;
const everyMs = 100;

export interface Bar {
  /** @param share 0 to 1 */
  show(share: number, text: string): void;
  /** Takes the bar away. */
  clear(): void;
}

/** A bar on a line of its own, for terminals; for anything else, nothing. */
export function makeProgressBar(write: ((text: string) => void) | undefined, now: () => number): Bar {
  let last = Number.NEGATIVE_INFINITY;
  return {
    show(share, text) {
      if (write === undefined || (now() - last < everyMs && share < 1)) return;
      last = now();
      const full = Math.round(Math.min(Math.max(share, 0), 1) * width);
      write(`\r[${'#'.repeat(full)}${'.'.repeat(width - full)}] ${text}\x1b[K`);
    },
    clear() {
      if (write !== undefined) write('\r\x1b[K');
    },
  };
}
