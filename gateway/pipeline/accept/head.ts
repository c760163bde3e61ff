import { type Refusal, refuse } from '../../errors.ts';
import { foreignCredentials } from './credentials.ts';
import { certificateFields } from './forwarded-certificate.ts';

/** The headers of a request after they have been found unambiguous. */
export interface Head {
  /** Lower-case name → values in order of appearance, without any credential. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly authorization?: string;
  readonly apiKey?: string;
  readonly dpop?: string;
  /** Value of the header of device tokens. */
  readonly deviceToken?: string;
  readonly announcedBytes?: number;
  /** Fields that tell of the caller's certificate, which stay out of `headers`. */
  readonly apart: ReadonlyMap<string, readonly string[]>;
}

const nothing: Head['apart'] = new Map();

/** Node keeps at most 2000 fields and drops the rest without a word; far below that, nothing can be dropped. */
const mostFields = 128;

/** Fields of which two programs could each believe another one (RFC 9110 section 5.3). */
const standAlone: ReadonlySet<string> = new Set([
  'authorization',
  'x-api-key',
  'dpop',
  'content-length',
  'transfer-encoding',
  'host',
  'content-type',
  'content-encoding',
  'anthropic-version',
  'expect',
  'upgrade',
]);

/**
 * Reads the headers as they came. Node's own `headers` map joins some duplicates and drops others, which is where smuggling lives, so the raw
 * list is read instead.
 *
 * @param raw names and values in turn, as in `IncomingMessage.rawHeaders`
 * @param httpVersion as in `IncomingMessage.httpVersion`
 * @param deviceTokenHeader lower-case name of the header of device tokens, which is taken out like a credential
 * @returns the head, or `request.header-ambiguous`, `request.malformed`, `request.upgrade-refused`, `request.expectation-failed`
 */
export function readHead(raw: readonly string[], httpVersion: string, deviceTokenHeader?: string): Head | Refusal {
  if (raw.length > mostFields * 2) return refuse('request.malformed', { detail: 'too many header fields' });
  const headers = new Map<string, readonly string[]>();
  const alone = new Map<string, string>();
  let apart: Map<string, readonly string[]> | undefined;
  let deviceToken: string | undefined;
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = (raw[at] ?? '').toLowerCase();
    const value = raw[at + 1] ?? '';
    if (hasControl(value)) return refuse('request.malformed', { detail: 'a control character in a header value' });
    if (name === deviceTokenHeader) {
      if (deviceToken !== undefined) return refuse('request.header-ambiguous');
      deviceToken = value;
      continue;
    }
    if (foreignCredentials.has(name)) continue;
    if (certificateFields.has(name)) {
      apart ??= new Map();
      apart.set(name, [...(apart.get(name) ?? []), value]);
      continue;
    }
    if (standAlone.has(name)) {
      if (alone.has(name)) return refuse('request.header-ambiguous');
      alone.set(name, value);
      if (name === 'authorization' || name === 'x-api-key' || name === 'dpop') continue;
    }
    const before = headers.get(name);
    headers.set(name, before === undefined ? [value] : [...before, value]);
  }
  // RFC 9112 section 3.2: in HTTP/1.1 its absence MUST be answered with 400.
  if (!alone.has('host') && httpVersion !== '1.0') return refuse('request.malformed', { detail: 'no Host' });
  const framing = readFraming(alone.get('content-length'), alone.get('transfer-encoding'), httpVersion);
  if ('kind' in framing) return framing;
  const refusal = refuseUpgrade(alone, headers.get('connection')) ?? refuseExpectation(alone.get('expect'));
  if (refusal !== undefined) return refusal;
  const authorization = alone.get('authorization');
  const apiKey = alone.get('x-api-key');
  const dpop = alone.get('dpop');
  return {
    headers,
    apart: apart ?? nothing,
    ...framing,
    ...(authorization === undefined ? {} : { authorization }),
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(dpop === undefined ? {} : { dpop }),
    ...(deviceToken === undefined ? {} : { deviceToken }),
  };
}

/** HTAB is the only control character that a field value may hold (RFC 9110 section 5.5). */
function hasControl(value: string): boolean {
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at);
    if ((code < 0x20 && code !== 0x09) || code === 0x7f) return true;
  }
  return false;
}

/** RFC 9112 section 6.3: a message with both framings "ought to be handled as an error"; so is any coding but `chunked`. */
function readFraming(length: string | undefined, coding: string | undefined, httpVersion: string): { announcedBytes?: number } | Refusal {
  if (coding !== undefined) {
    if (length !== undefined) return refuse('request.header-ambiguous', { detail: 'Content-Length and Transfer-Encoding' });
    const known = coding.toLowerCase() === 'chunked' && httpVersion === '1.1';
    return known ? {} : refuse('request.malformed', { detail: 'a transfer coding other than chunked in HTTP/1.1' });
  }
  if (length === undefined) return {};
  if (!/^[0-9]{1,15}$/.test(length)) return refuse('request.malformed', { detail: 'Content-Length is not a number' });
  return { announcedBytes: Number(length) };
}

/** What follows an upgrade (WebSocket, h2c) is no HTTP/1.1 any more and would pass every check unseen. */
function refuseUpgrade(alone: ReadonlyMap<string, string>, connection: readonly string[] | undefined): Refusal | undefined {
  if (alone.has('upgrade')) return refuse('request.upgrade-refused');
  if (connection === undefined) return undefined;
  for (const value of connection) {
    if (value === 'keep-alive' || value === 'close') continue;
    if (value.split(',').some((option) => option.trim().toLowerCase() === 'upgrade')) return refuse('request.upgrade-refused');
  }
  return undefined;
}

/** RFC 9110 section 10.1.1. */
function refuseExpectation(expect: string | undefined): Refusal | undefined {
  return expect === undefined || expect.toLowerCase() === '100-continue' ? undefined : refuse('request.expectation-failed');
}
