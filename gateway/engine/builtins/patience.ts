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
