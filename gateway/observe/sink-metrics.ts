import { Counter, Gauge, type Registry } from 'prom-client';
import type { SinkStatus } from '../vocabulary/sinks.ts';

/**
 * Makes the metrics of sinks. They are set from the status whenever somebody reads them, so the two never differ. Their labels are names in the
 * configuration and kinds of failures: both bounded.
 * @returns sets them
 */
export function makeSinkMetrics(registry: Registry): (sinks: Readonly<Record<string, SinkStatus>>) => void {
  const registers = [registry];
  const labelNames = ['sink'];
  const gauge = (name: string, help: string) => new Gauge({ name, help, labelNames, registers });
  const counter = (name: string, help: string, labels: readonly string[] = labelNames) =>
    new Counter({ name, help, labelNames: labels, registers });

  const lagBytes = gauge('regate_sink_lag_bytes', 'Bytes of the decision log that a sink has not delivered.');
  const lagSeconds = gauge('regate_sink_lag_seconds', 'Age of the oldest line that waits for a sink.');
  const failing = gauge('regate_sink_failing', 'Whether the last delivery of a sink failed (1).');
  const delivered = counter('regate_sink_delivered_lines_total', 'Lines that the receiver of a sink has confirmed.');
  const withheld = counter('regate_sink_withheld_lines_total', 'Lines that the policy keeps from sinks.');
  const givenUp = counter('regate_sink_given_up_lines_total', 'Lines that a sink has given up; they stand in the local log only.');
  const removed = counter('regate_sink_removed_segments_total', 'Segments that retention removed before a sink had delivered them.');
  const failures = counter('regate_sink_failures_total', 'Deliveries that failed, by kind.', ['sink', 'kind']);

  return (sinks) => {
    for (const metric of [lagBytes, lagSeconds, failing, delivered, withheld, givenUp, removed, failures]) metric.reset();
    for (const [sink, status] of Object.entries(sinks)) {
      lagBytes.set({ sink }, status.lag_bytes);
      lagSeconds.set({ sink }, status.lag_seconds);
      failing.set({ sink }, status.failing === undefined ? 0 : 1);
      delivered.inc({ sink }, status.delivered_lines);
      withheld.inc({ sink }, status.withheld_lines);
      givenUp.inc({ sink }, status.given_up_lines);
      removed.inc({ sink }, status.removed_segments);
      for (const [kind, count] of Object.entries(status.failures)) failures.inc({ sink, kind }, count);
    }
  };
}
