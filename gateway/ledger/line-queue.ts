/** A line that is not yet on disk. */
export interface QueuedLine {
  readonly content: string;
  /** Absent where nobody waits for it. */
  readonly waiting?: { resolve(): void; reject(error: Error): void };
}

export interface LineQueue {
  /** `false` where there is no room. */
  add(line: QueuedLine): boolean;
  /** Takes the next group off the front. */
  take(): readonly QueuedLine[];
  /** Puts lines that nobody waits for back to the front. Returns how many found no room. */
  putBack(lines: readonly QueuedLine[]): number;
  /** Takes out all that somebody waits for. */
  takeWaiting(): readonly QueuedLine[];
  lines(): number;
  /** Characters, which bound the memory well enough. */
  size(): number;
}

/**
 * Holds what is to be written, in order, within a bound, so that a disk that hangs cannot eat the memory.
 * @param roomFor characters in all
 * @param groupOf characters in one group; one longer line is a group of its own
 */
export function makeLineQueue(roomFor: number, groupOf: number): LineQueue {
  let queue: QueuedLine[] = [];
  let held = 0;
  const weigh = (lines: readonly QueuedLine[]): number => lines.reduce((sum, { content }) => sum + content.length, 0);

  return {
    add(line) {
      if (held + line.content.length > roomFor) return false;
      queue.push(line);
      held += line.content.length;
      return true;
    },
    take() {
      let count = 0;
      let size = 0;
      for (const { content } of queue) {
        if (count > 0 && size + content.length > groupOf) break;
        size += content.length;
        count += 1;
      }
      const group = count === queue.length ? queue : queue.slice(0, count);
      queue = count === queue.length ? [] : queue.slice(count);
      held -= size;
      return group;
    },
    putBack(lines) {
      const kept: QueuedLine[] = [];
      for (const line of lines) {
        if (held + line.content.length > roomFor) break;
        kept.push(line);
        held += line.content.length;
      }
      queue = [...kept, ...queue];
      return lines.length - kept.length;
    },
    takeWaiting() {
      const waiting = queue.filter((line) => line.waiting !== undefined);
      queue = queue.filter((line) => line.waiting === undefined);
      held -= weigh(waiting);
      return waiting;
    },
    lines: () => queue.length,
    size: () => held,
  };
}
