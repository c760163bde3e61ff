import { type IncomingHttpHeaders, type IncomingMessage, request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';
import { BundleBreakage } from '../../errors.ts';

export interface Exchange {
  readonly url: URL;
  readonly method?: 'GET' | 'POST' | 'HEAD';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** PEM texts. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  readonly deadlineMs: number;
  readonly maxBytes: number;
  readonly signal?: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What OpenSSL and Node call certificates that they do not accept. */
const certificateProblem = /^(CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS_CERT_|HOSTNAME_MISMATCH|ERR_SSL_)/;

/**
 * One request and its whole answer, within a size and a time that both count while the answer comes. Redirects are an answer like any other. A
 * connection is used once: who polls every minute gains nothing by keeping one.
 * @throws BundleBreakage `unreachable`, `timeout`, `answer` for one that broke off, `too-large`; no message holds a header or a query
 */
export async function exchange({ url, method = 'GET', headers, body, tls = {}, deadlineMs, maxBytes, signal }: Exchange): Promise<Answer> {
  const deadline = AbortSignal.timeout(deadlineMs);
  const ends = signal === undefined ? deadline : AbortSignal.any([deadline, signal]);
  const fail = (cause: unknown): BundleBreakage =>
    deadline.aborted
      ? new BundleBreakage('timeout', `${url.host} did not answer within ${deadlineMs / 1000} seconds`, { cause })
      : describeError(cause, url);
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const options = { method, headers, agent: false as const, signal: ends };
      const outgoing =
        url.protocol === 'https:'
          ? secureRequest(url, { ...options, ...tls, minVersion: 'TLSv1.2' }, resolve)
          : plainRequest(url, options, resolve);
      outgoing.once('error', reject);
      outgoing.end(body);
    });
    return { status: response.statusCode ?? 0, headers: response.headers, body: await readAll(response, maxBytes, url) };
  } catch (cause) {
    if (cause instanceof BundleBreakage) throw cause;
    throw fail(cause);
  }
}

async function readAll(response: IncomingMessage, maxBytes: number, url: URL): Promise<Buffer> {
  const tooLarge = () => new BundleBreakage('too-large', `the answer of ${url.host} is larger than ${maxBytes} bytes`);
  const announced = Number(response.headers['content-length'] ?? 0);
  if (announced > maxBytes) {
    response.destroy();
    throw tooLarge();
  }
  const chunks: Buffer[] = [];
  let size = 0;
  // Leaving the loop destroys the connection, so that nothing more of it is read.
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function describeError(cause: unknown, { host }: URL): BundleBreakage {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (cause instanceof Error && cause.message === 'aborted') {
    return new BundleBreakage('answer', `the answer of ${host} broke off before it was whole`, { cause });
  }
  if (certificateProblem.test(code))
    return new BundleBreakage('unreachable', `the certificate of ${host} is not accepted (${code})`, { cause });
  if (code.startsWith('HPE_')) return new BundleBreakage('answer', `${host} answered with something that is not HTTP (${code})`, { cause });
  return new BundleBreakage('unreachable', `${host} cannot be reached${code === '' ? '' : ` (${code})`}`, { cause });
}
