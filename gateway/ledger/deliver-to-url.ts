import { readFileSync } from 'node:fs';
import { request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import type { Deliver } from './copier.ts';

export interface UrlPlace {
  readonly url: string;
  /** A file whose content is sent as a bearer token; read each time, so that it may be rotated. */
  readonly tokenFile?: string;
  /** PEM file of additional roots. */
  readonly ca?: string;
}

const patienceMs = 10_000;

/** POSTs the text as it is (NDJSON). Only an answer of 2xx counts as arrival; redirects are not followed. */
export function makeDeliverToUrl({ url, tokenFile, ca }: UrlPlace): Deliver {
  const request = url.startsWith('https:') ? requestSecure : requestPlain;
  return (file, text) =>
    new Promise((resolve, reject) => {
      const token = tokenFile === undefined ? undefined : readFileSync(tokenFile, 'utf8').trim();
      const outgoing = request(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-ndjson',
          'content-length': Buffer.byteLength(text),
          'x-regate-checkpoint-file': file,
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
        },
        ...(ca !== undefined && { ca: readFileSync(ca) }),
        signal: AbortSignal.timeout(patienceMs),
      });
      outgoing.on('error', reject);
      outgoing.on('response', (answer) => {
        answer.resume();
        answer.on('error', reject);
        answer.on('end', () => {
          const status = answer.statusCode ?? 0;
          if (status >= 200 && status < 300) resolve();
          else reject(new Error(`the receiver of checkpoints answered with status ${status}`));
        });
      });
      outgoing.end(text);
    });
}
