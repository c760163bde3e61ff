import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { WebhookSink } from '../vocabulary/sinks.ts';
import { makeFormat } from './formats/format.ts';
import { makePost } from './post.ts';
import type { ReadToken } from './read-token.ts';
import type { Sender } from './sender.ts';

export interface WebhookNeeds {
  readonly configuration: Pick<WebhookSink, 'url' | 'ca' | 'timeoutMs' | 'gzip' | 'format'>;
  readonly token?: ReadToken | undefined;
}

const compress = promisify(gzip);
const newline = Buffer.from('\n');

/**
 * Makes the sender that POSTs lines as NDJSON: each as it stands in the log, so that its hash can be checked, or in a
 * format that other tools read.
 */
export function makeWebhookSender({ configuration, token }: WebhookNeeds): Sender {
  const { url, ca, timeoutMs, gzip: gzipped } = configuration;
  const format = makeFormat(configuration.format);
  const post = makePost({ ca, timeoutMs });
  return {
    reads: format.reads,
    async send(lines, signal) {
      const [first, last] = [lines[0], lines.at(-1)];
      if (first === undefined || last === undefined) return;
      const plain = Buffer.concat(lines.flatMap((line) => [format.write(line), newline]));
      const headers = {
        'content-type': 'application/x-ndjson',
        ...(gzipped && { 'content-encoding': 'gzip' }),
        // The same lines have the same name in every try, unless the batch was cut otherwise.
        'x-regate-batch': `${first.segment}:${first.number}-${last.segment === first.segment ? '' : `${last.segment}:`}${last.number}`,
        ...(await token?.()),
      };
      await post({ url, headers, body: gzipped ? await compress(plain) : plain, signal });
    },
    async close() {
      post.close();
    },
  };
}
