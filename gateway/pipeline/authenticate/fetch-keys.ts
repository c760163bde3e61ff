import { readFileSync } from 'node:fs';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { getCACertificates } from 'node:tls';
import { Breakage } from '../../errors.ts';

/** Fetches the text of a key set. Rejects with a Breakage `credential.issuer-unavailable`. */
export type FetchKeys = (from: { readonly url: string; readonly ca?: string }) => Promise<string>;

export interface FetchLimits {
  /** From the first packet to the last byte. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

const usualLimits: FetchLimits = { timeoutMs: 5_000, maxBytes: 262_144 };
const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * Makes the one function that fetches keys over the network: HTTPS, or plain HTTP to this machine. It follows no redirect, because whoever
 * controls where the keys come from controls who gets in, and it reads no more than a key set can be long.
 */
export function makeFetchKeys(limits: FetchLimits = usualLimits): FetchKeys {
  return async ({ url, ca }) => {
    const signal = AbortSignal.timeout(limits.timeoutMs);
    try {
      return await fetchText(new URL(url), ca, limits.maxBytes, signal);
    } catch (cause) {
      if (cause instanceof Breakage) throw cause;
      const reason = signal.aborted ? 'took too long' : 'failed';
      throw new Breakage('credential.issuer-unavailable', `The request for the key set ${reason}.`, { cause });
    }
  };
}

async function fetchText(url: URL, ca: string | undefined, maxBytes: number, signal: AbortSignal): Promise<string> {
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && loopback.test(url.hostname))) {
    throw unavailable('The key set is not at an https URL.');
  }
  const response = await send(url, ca, signal);
  try {
    if (response.statusCode !== 200) throw unavailable(`The issuer answered the request for its key set with ${response.statusCode}.`);
    if ((response.headers['content-encoding'] ?? 'identity') !== 'identity') throw unavailable('The key set came compressed.');
    return await readText(response, maxBytes);
  } finally {
    response.destroy();
  }
}

function send(url: URL, ca: string | undefined, signal: AbortSignal): Promise<IncomingMessage> {
  const headers = { accept: 'application/jwk-set+json, application/json', 'accept-encoding': 'identity' };
  // The extra roots are read at each fetch, so a replaced file needs no restart.
  const roots = ca === undefined ? {} : { ca: [...getCACertificates('default'), readFileSync(ca, 'utf8')] };
  return new Promise((resolve, reject) => {
    const sent =
      url.protocol === 'https:'
        ? requestHttps(url, { agent: false, headers, signal, ...roots }, resolve)
        : requestHttp(url, { agent: false, headers, signal }, resolve);
    sent.once('error', reject);
    sent.end();
  });
}

async function readText(response: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response) {
    if (!(chunk instanceof Uint8Array)) throw unavailable('The key set came as text, not as bytes.');
    size += chunk.length;
    if (size > maxBytes) throw unavailable('The key set is too long.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function unavailable(message: string): Breakage {
  return new Breakage('credential.issuer-unavailable', message);
}
