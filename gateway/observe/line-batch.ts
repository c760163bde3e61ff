/** Characters that are not held back any longer. */
const mostHeld = 64 * 1024;

/** Lines on their way to a stream. */
export interface LineBatch {
  /** @param urgent it is written at once, and whatever waits before it */
  add(line: string, urgent: boolean): void;
  /** Hands over what waits, for the last time. */
  close(): void;
}

/**
 * Hands lines to a stream in one piece for each turn of the event loop: a busy gateway logs a line for each request, and a write for each line costs
 * twice as much as the line. Nothing waits longer than the turn or the process, however it ends by itself.
 */
export function makeLineBatch(stream: NodeJS.WritableStream): LineBatch {
  let held = '';

  function flush(): void {
    if (held === '') return;
    const text = held;
    held = '';
    stream.write(text);
  }

  process.on('exit', flush);
  return {
    add(line, urgent) {
      if (held === '' && !urgent) setImmediate(flush);
      held += line;
      if (urgent || held.length > mostHeld) flush();
    },
    close() {
      process.off('exit', flush);
      flush();
    },
  };
}
