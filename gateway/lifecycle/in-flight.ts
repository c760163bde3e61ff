import type { Metrics } from '../observe/metrics.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';

export interface WatchedPipeline extends Pipeline {
  /** Resolves when every request that has begun has come to its end, which is later than its connection's: its last line is handed to the log. */
  ended(): Promise<unknown>;
}

/** Counts the requests that have begun and not come to their end. */
export function watchInFlight(pipeline: Pipeline, metrics: Metrics): WatchedPipeline {
  const under = new Set<Promise<void>>();
  const watch = (life: Promise<void>): Promise<void> => {
    under.add(life);
    return life.finally(() => under.delete(life));
  };
  return {
    handle(req, res) {
      metrics.inFlight(1);
      res.once('close', () => metrics.inFlight(-1));
      return watch(pipeline.handle(req, res));
    },
    broken: (arrival) => watch(pipeline.broken(arrival)),
    ended: () => Promise.allSettled(under),
  };
}
