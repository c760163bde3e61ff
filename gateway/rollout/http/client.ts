import { readFile } from 'node:fs/promises';
import { BundleBreakage } from '../../errors.ts';
import type { HttpAccessConfiguration } from '../../vocabulary/bundles.ts';
import type { Authorization } from './authorization.ts';
import { type Answer, type Exchange, exchange } from './exchange.ts';

export interface HttpClientNeeds {
  readonly access: Omit<HttpAccessConfiguration, 'authorization'>;
  readonly authorization?: Authorization;
}

export interface Call extends Pick<Exchange, 'url' | 'method' | 'body' | 'signal'> {
  readonly headers?: Readonly<Record<string, string>>;
  /** How long the server may hold the answer back. */
  readonly holdMs?: number;
  /** In place of what the configuration says. */
  readonly maxBytes?: number;
}

/** Calls one server, as configured. */
export type HttpClient = (call: Call) => Promise<Answer>;

const mostRedirects = 3;
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Makes the client of one server: its roots, its credential, its limits. It follows redirects on the server itself and to hosts that are named;
 * the credential and the client's certificate stay with the server. The PEM files are read at each call, so that they can be renewed.
 * @throws (the client) BundleBreakage
 */
export function makeHttpClient({ access, authorization }: HttpClientNeeds): HttpClient {
  const deadline = access.deadlineSeconds * 1000;

  async function readTls(own: boolean): Promise<NonNullable<Exchange['tls']>> {
    const { ca, clientCertificate } = access;
    return {
      ...(ca === undefined ? {} : { ca: await readPem(ca) }),
      ...(clientCertificate === undefined || !own
        ? {}
        : { cert: await readPem(clientCertificate.certificate), key: await readPem(clientCertificate.key) }),
    };
  }

  async function callOnce(url: URL, own: boolean, { method, body, signal, headers = {}, holdMs = 0, maxBytes }: Call): Promise<Answer> {
    return exchange({
      url,
      ...(method === undefined ? {} : { method }),
      ...(body === undefined ? {} : { body }),
      ...(signal === undefined ? {} : { signal }),
      headers: { ...headers, ...(own ? await authorization?.headers() : {}) },
      tls: await readTls(own),
      deadlineMs: deadline + holdMs,
      maxBytes: maxBytes ?? access.maxBytes,
    });
  }

  async function follow(call: Call): Promise<Answer> {
    let url = call.url;
    for (let hop = 0; ; hop += 1) {
      const answer = await callOnce(url, url.origin === call.url.origin, call);
      if (!redirects.has(answer.status)) return answer;
      const next = new URL(answer.headers.location ?? '', url);
      if (hop >= mostRedirects) throw new BundleBreakage('answer', `${call.url.host} redirects more than ${mostRedirects} times`);
      if (!mayFollow(next, call.url)) {
        throw new BundleBreakage(
          'answer',
          `${call.url.host} redirects to ${next.protocol}//${next.host}, which is not allowed; name the host in other_hosts if it is meant`,
        );
      }
      url = next;
    }
  }

  function mayFollow(next: URL, from: URL): boolean {
    if (next.origin === from.origin) return true;
    // Never from https to http, whoever the host is.
    return access.otherHosts.includes(next.host) && (next.protocol === 'https:' || from.protocol === 'http:');
  }

  return async (call) => {
    const answer = await follow(call);
    // A token may have been revoked before its time. It is asked for anew, once.
    return answer.status === 401 && (await authorization?.renew?.(answer)) === true ? follow(call) : answer;
  };
}

async function readPem(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
    throw new BundleBreakage('unreachable', `${path} cannot be read${code}, so that the server is not asked`, { cause });
  }
}
