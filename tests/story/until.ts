import { setTimeout as pause } from 'node:timers/promises';

const stepMs = 3;

/** Waits for something that is bound to come, such as a line that nobody is told about, and fails where it does not come in time. */
export async function until<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  withinMs = 8000,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`in ${withinMs} ms there was no ${what}`);
    await pause(stepMs);
  }
}
