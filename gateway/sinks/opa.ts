import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { OpaSink } from '../vocabulary/sinks.ts';
import { type OpaEvent, writeOpaEvent } from './opa-event.ts';
import { makePost } from './post.ts';
import type { ReadToken } from './read-token.ts';
import { DeliveryFailure, type Sender } from './sender.ts';

export interface OpaNeeds {
  readonly configuration: Pick<OpaSink, 'url' | 'ca' | 'timeoutMs' | 'maxUploadBytes'>;
  readonly token?: ReadToken | undefined;
}

const compress = promisify(gzip);

/**
 * Makes the sender for receivers of OPA's decision logs: POST <url>/logs with a gzipped JSON array of events (openpolicyagent.org, Management APIs:
 * Decision Logs). Decisions go there, of requests and of administrative actions; how a request ended is no decision and does not.
 */
export function makeOpaSender({ configuration, token }: OpaNeeds): Sender {
  const { url, ca, timeoutMs, maxUploadBytes } = configuration;
  const post = makePost({ ca, timeoutMs });
  const place = `${url.replace(/\/+$/, '')}/logs`;

  async function pack(events: readonly OpaEvent[]): Promise<Buffer> {
    const body = await compress(JSON.stringify(events));
    if (body.length <= maxUploadBytes) return body;
    const [only] = events;
    // As OPA does: what was looked up beside the input goes before the event does.
    if (events.length === 1 && only?.nd_builtin_cache !== undefined) {
      const { nd_builtin_cache: _, ...rest } = only;
      return await pack([rest]);
    }
    throw new DeliveryFailure('too-large', `${events.length} events are larger than max_upload_kib`);
  }

  return {
    reads: 'entries',
    async send(lines, signal) {
      const events = lines.flatMap(({ entry }) => (entry === undefined ? [] : (writeOpaEvent(entry) ?? [])));
      if (events.length === 0) return;
      const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip', ...(await token?.()) };
      await post({ url: place, headers, body: await pack(events), signal });
    },
    async close() {
      post.close();
    },
  };
}
