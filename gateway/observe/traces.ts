import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace';
import { version } from '../version.ts';
import type { Delivered } from '../vocabulary/delivered.ts';
import type { Logger } from '../vocabulary/logger.ts';
import type { Arrival } from '../vocabulary/request.ts';
import type { Story } from '../vocabulary/story.ts';
import type { TraceConfiguration } from '../vocabulary/traces.ts';
import { describeSpans, type Timing } from './describe-spans.ts';
import { placeOf, writeTraceparent } from './trace-ids.ts';

export interface TracesNeeds {
  readonly traces: Omit<TraceConfiguration, 'headers'>;
  /** Headers for the receiver, their values read. */
  readonly headers: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** Where spans go; the receiver, unless given. */
  readonly exporter?: SpanExporter;
  readonly logger: Logger;
}

export interface Traces {
  /** The `traceparent` of an attempt's call to its backend. */
  traceparent(of: Pick<Arrival, 'requestId' | 'trace'>, decisionId: string): string;
  /** Tells an attempt that has ended. Never waits and never throws: a receiver that is away loses spans, not requests. */
  tell(story: Story, delivered: Delivered, timing: Timing): void;
  close(): Promise<void>;
}

/** How long a stop waits for the last spans to be sent. */
const closeMs = 2000;

/** Spans that wait for a receiver which does not keep up; more are dropped. */
const mostWaiting = 8192;

/** Makes the way of requests into OpenTelemetry traces, by OTLP over HTTP. */
export function makeTraces({ traces, headers, labels, exporter, logger }: TracesNeeds): Traces {
  const { url, ratio, guardrailNames, serviceName } = traces;
  const named = Object.fromEntries(Object.entries(labels).map(([name, value]) => [`regate.label.${name}`, value]));
  const resource = resourceFromAttributes({ 'service.name': serviceName, 'service.version': version, ...named });
  const processor = new BatchSpanProcessor({
    exporter: exporter ?? new OTLPTraceExporter({ url, headers: { ...headers } }),
    maxQueueSize: mostWaiting,
  });
  return {
    traceparent: (of, decisionId) => writeTraceparent(placeOf(of, ratio), decisionId),
    tell(story, delivered, timing) {
      const place = placeOf(story.arrival, ratio);
      if (!place.sampled) return;
      for (const span of describeSpans(story, delivered, timing, place, { resource, guardrailNames })) processor.onEnd(span);
    },
    async close() {
      // The exporter tries again and again; a stop does not wait for a receiver that is away.
      const { promise: tooLong, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, closeMs);
      const ended = processor.shutdown().catch((error: unknown) => logger.warn('the last traces could not be sent', { error }));
      await Promise.race([ended, tooLong]);
      clearTimeout(timer);
    },
  };
}
