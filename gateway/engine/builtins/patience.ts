import { OutOfTime } from '../meter/steps.ts';

/**
 * For built-ins whose work no size of their operands bounds. What it gives is to be called between pieces of the work, and ends the evaluation once
 * its time is over.
 * @param leftMs see `Builtin`
 */
export function makePatience(leftMs?: () => number): () => void {
  if (leftMs === undefined) return () => undefined;
  const until = performance.now() + leftMs();
  return () => {
    if (performance.now() > until) throw new OutOfTime('a built-in took all the time that the evaluation had left');
  };
}

/** What takes less at worst is not worth asking the time for. */
const unasked = 1;

/**
 * For work that cannot be stopped once it has begun: it is not begun where it could take longer than the evaluation may.
 * @param worstMs what it takes at worst
 * @throws OutOfTime
 */
export function foresee(worstMs: number, leftMs?: () => number): void {
  if (worstMs > unasked && leftMs !== undefined && worstMs > leftMs()) {
    throw new OutOfTime('a built-in was to do more than there is time for');
  }
}
