import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Dialect } from '../../backends/dialect.ts';

/** Takes away whatever other hands have set on a response: its head is what this stage writes, and nothing else. */
export function clearHead(res: ServerResponse): void {
  for (const name of res.getHeaderNames()) res.removeHeader(name);
}

/** The headers of a JSON answer that the gateway itself gives: a refusal or a listing. Either is meant for one caller. */
export function headOfOwn(dialect: Dialect, decisionId: string, body: Uint8Array): OutgoingHttpHeaders {
  return {
    'content-type': 'application/json',
    'content-length': body.length,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-regate-decision-id': decisionId,
    [dialect.requestIdHeader]: decisionId,
  };
}

/**
 * Writes the head of a backend's answer to the caller: the status, the headers that the dialect lets pass, and the gateway's own.
 *
 * @param length the body's length in bytes, where it is known and stays
 */
export function writeAnswerHead(
  res: ServerResponse,
  answer: IncomingMessage,
  dialect: Dialect,
  decisionId: string,
  length: number | undefined,
): void {
  const headers: Record<string, string | string[]> = {};
  for (const name of Object.keys(answer.headers)) {
    const value = answer.headers[name];
    if (value !== undefined && dialect.passes(name)) headers[name] = value;
  }
  if (length !== undefined) headers['content-length'] = String(length);
  // A model's answer is meant for one caller.
  headers['cache-control'] = 'no-store';
  headers['x-content-type-options'] = 'nosniff';
  headers['x-regate-decision-id'] = decisionId;
  clearHead(res);
  res.writeHead(answer.statusCode ?? 502, headers);
}

/** The announced length of an answer's body; `undefined` where there is none (RFC 9112 section 6.3). */
export function readLength(answer: IncomingMessage): number | undefined {
  const text = answer.headers['content-length'];
  if (text === undefined || answer.headers['transfer-encoding'] !== undefined || !/^\d{1,15}$/.test(text)) return undefined;
  return Number(text);
}
