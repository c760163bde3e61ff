import { readFileSync } from 'node:fs';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { getCACertificates } from 'node:tls';

/** The part of the Fetch API that openid-client and jose use. */
export type ProviderFetch = (url: string, options: FetchOptions) => Promise<Response>;

export interface FetchOptions {
  readonly method?: string;
  readonly headers?: unknown;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

const timeoutMs = 5000;
const mostBytes = 1024 * 1024;
const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * Makes the one way to speak to a provider: HTTPS, or plain HTTP to this machine; no redirect is followed, since whoever says where the keys are says
 * who gets in; no answer is read beyond a megabyte or five seconds.
 * @param ca PEM file of additional roots, read at each request
 */
export function makeProviderFetch(ca: string | undefined): ProviderFetch {
  return async (address, { method = 'GET', headers, body, signal }) => {
    const url = new URL(address);
    const secure = url.protocol === 'https:';
    if (!secure && !(url.protocol === 'http:' && loopback.test(url.hostname))) throw new TypeError('the address is not https');
    const roots = ca === undefined ? {} : { ca: [...getCACertificates('default'), readFileSync(ca, 'utf8')] };
    const limit = AbortSignal.timeout(timeoutMs);
    return new Promise((resolve, reject) => {
      const options = {
        method,
        agent: false as const,
        headers: { ...plain(headers), 'accept-encoding': 'identity' },
        signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
      };
      const sent = secure ? requestHttps(url, { ...options, ...roots }) : requestHttp(url, options);
      sent.once('error', reject);
      sent.once('response', (answer) => {
        const chunks: Buffer[] = [];
        let size = 0;
        answer.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > mostBytes) sent.destroy(new Error('the answer is too long'));
          chunks.push(chunk);
        });
        answer.once('error', reject);
        answer.once('end', () => {
          const fields = Object.entries(answer.headers).flatMap(([name, value]): [string, string][] =>
            value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
          );
          const status = answer.statusCode ?? 0;
          const empty = status === 204 || status === 304;
          resolve(new Response(empty ? null : Buffer.concat(chunks), { status, headers: fields }));
        });
      });
      sent.end(textOf(body));
    });
  };
}

function plain(headers: unknown): Record<string, string> {
  return Object.fromEntries(new Headers(headers as Record<string, string> | undefined));
}

function textOf(body: unknown): string | undefined {
  if (body === undefined || body === null) return undefined;
  if (typeof body === 'string' || body instanceof URLSearchParams) return String(body);
  throw new TypeError('the body of a request to a provider is a form');
}
