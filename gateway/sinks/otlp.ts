import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { version } from '../version.ts';
import type { OtlpSink } from '../vocabulary/sinks.ts';
import { attributes, writeLogRecord } from './otlp-record.ts';
import { makePost } from './post.ts';
import type { ReadToken } from './read-token.ts';
import { DeliveryFailure, type Sender } from './sender.ts';

export interface OtlpNeeds {
  readonly configuration: Pick<OtlpSink, 'url' | 'ca' | 'timeoutMs'>;
  readonly token?: ReadToken | undefined;
}

const compress = promisify(gzip);
const resource = { attributes: attributes({ 'service.name': 'regate', 'service.version': version }) };
const scope = { name: 'regate.record', version };

/** Makes the sender for OpenTelemetry: POST <url>/v1/logs with OTLP in JSON (OTLP 1.x, section OTLP/HTTP). */
export function makeOtlpSender({ configuration, token }: OtlpNeeds): Sender {
  const { url, ca, timeoutMs } = configuration;
  const post = makePost({ ca, timeoutMs });
  const place = `${url.replace(/\/+$/, '')}/v1/logs`;
  return {
    reads: 'entries',
    async send(lines, signal) {
      const logRecords = lines.flatMap((line) => (line.entry === undefined ? [] : [writeLogRecord(line, line.entry)]));
      const body = await compress(JSON.stringify({ resourceLogs: [{ resource, scopeLogs: [{ scope, logRecords }] }] }));
      const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip', ...(await token?.()) };
      const rejected = countRejected(await post({ url: place, headers, body, signal }));
      // Which ones it does not say. Halving finds them.
      if (rejected > 0) throw new DeliveryFailure('rejected', `the receiver rejected ${rejected} of ${logRecords.length} records`);
    },
    async close() {
      post.close();
    },
  };
}

/** A partial success: `{"partialSuccess": {"rejectedLogRecords": "2", …}}`. */
function countRejected(answer: string): number {
  try {
    const parsed = JSON.parse(answer) as { partialSuccess?: { rejectedLogRecords?: string | number } } | null;
    return Number(parsed?.partialSuccess?.rejectedLogRecords ?? 0) || 0;
  } catch (error) {
    // It confirmed with 2xx; what else it says is its own affair.
    if (error instanceof SyntaxError) return 0;
    throw error;
  }
}
