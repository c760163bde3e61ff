import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { BundleBreakage } from '../../errors.ts';
import type { Clock } from '../../vocabulary/clock.ts';
import type { HttpClient } from '../http/client.ts';
import type { Answer } from '../http/exchange.ts';
import type { Asked, Question, Source } from './source.ts';

export interface HttpSourceNeeds {
  readonly url: string;
  readonly call: HttpClient;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** 0 for never. */
  readonly longPollSeconds: number;
  readonly maxBytes: number;
}

/** A server that answers with this type holds its answers back until there is news, if it is asked to (OPA's bundle service protocol). */
const longPollType = 'application/vnd.openpolicyagent.bundles';
const inflate = promisify(gunzip);
/** An answer this soon was not held back. */
const soonMs = 1000;

/**
 * Makes the source that is a web server: OPA's bundle service protocol where the server speaks it, and plain conditional requests (RFC 9110 section
 * 13) to every other.
 */
export function makeHttpSource({ url: text, call, clock, longPollSeconds, maxBytes }: HttpSourceNeeds): Source {
  const url = new URL(text);
  /** The server is believed to hold answers back. Until it has answered, it may. */
  let holds = longPollSeconds > 0;

  return {
    // A query may hold a signature that lets its bearer in.
    origin: `${url.origin}${url.pathname}`,
    async ask({ validator, wait = false, signal }: Question): Promise<Asked> {
      const from = clock.monotonic();
      const answer = await call({
        url,
        signal,
        headers: {
          accept: '*/*',
          'accept-encoding': 'gzip',
          prefer: `modes=snapshot${wait ? `;wait=${longPollSeconds}` : ''}`,
          ...condition(validator),
        },
        ...(wait ? { holdMs: longPollSeconds * 1000 } : {}),
      });
      const type = answer.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
      if (longPollSeconds > 0) {
        if (type === longPollType) holds = true;
        else if (answer.status === 200 || (wait && clock.monotonic() - from < soonMs)) holds = false;
      }
      if (answer.status === 304 && validator !== undefined) return { longPoll: holds };
      if (answer.status !== 200) throw new BundleBreakage('answer', describeStatus(answer.status, url));
      return { received: { bytes: await bundleOf(answer, type, url, maxBytes), ...nameState(answer) }, longPoll: holds };
    },
  };
}

/** RFC 9110 section 13.1: an entity tag where there was one, else the time of the last change. */
function nameState({ headers }: Answer): { readonly validator?: string } {
  const { etag, 'last-modified': modified } = headers;
  if (etag !== undefined) return { validator: `etag ${etag}` };
  return modified === undefined ? {} : { validator: `time ${modified}` };
}

function condition(validator: string | undefined): Readonly<Record<string, string>> {
  if (validator === undefined) return {};
  const value = validator.slice('etag '.length);
  return validator.startsWith('etag ') ? { 'if-none-match': value } : { 'if-modified-since': value };
}

/**
 * The bundle in the answer. Web servers that mark every `.gz` file as an encoding (RFC 9110 section 8.4) mean the bundle itself, others compress it
 * once more on the way; what is inside tells which.
 */
async function bundleOf({ headers, body }: Answer, type: string | undefined, { host }: URL, maxBytes: number): Promise<Buffer> {
  const encoding = headers['content-encoding']?.trim().toLowerCase();
  let bytes = body;
  if (encoding === 'gzip' || encoding === 'x-gzip') {
    try {
      const inner = await inflate(body, { maxOutputLength: maxBytes });
      if (isGzip(inner)) bytes = inner;
    } catch (cause) {
      // A bundle that inflates to more than comes over the wire is the bundle itself; whether it is whole is for whoever unpacks it.
      if (!isGzip(body)) throw new BundleBreakage('answer', `${host} answered with gzip that is not whole`, { cause });
    }
  } else if (encoding !== undefined && encoding !== 'identity') {
    throw new BundleBreakage('answer', `${host} answered in an encoding that was not asked for`);
  }
  if (bytes.length === 0) throw new BundleBreakage('answer', `${host} answered with nothing`);
  if (!isGzip(bytes)) {
    const shown = /^[\w.+/-]{1,80}$/.test(type ?? '') ? ` (${type})` : '';
    throw new BundleBreakage('answer', `${host} answered with something that is not a bundle${shown}`);
  }
  return bytes;
}

/** RFC 1952 section 2.3.1. */
function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

function describeStatus(status: number, { host }: URL): string {
  if (status === 401 || status === 403) return `${host} does not let the gateway in (${status}); check the authorization of the source`;
  if (status === 404) return `${host} has no such bundle (404)`;
  return `${host} answered ${status}`;
}
