import { readFileSync } from 'node:fs';
import { Agent, request as requestPlain } from 'node:http';
import { request as requestSecure, Agent as SecureAgent } from 'node:https';
import type { DeliveryFailureKind } from '../vocabulary/sinks.ts';
import { describeBreak } from './describe-break.ts';
import { DeliveryFailure } from './sender.ts';

export interface PostNeeds {
  /** PEM file of additional roots; read each time, so that it may be renewed. */
  readonly ca?: string | undefined;
  readonly timeoutMs: number;
}

export interface Posted {
  readonly url: string;
  readonly method?: 'POST' | 'PUT';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly signal: AbortSignal;
}

/** Sends to a receiver over HTTP. Resolves with the answer's text once it has confirmed with 2xx and the answer is whole. @throws DeliveryFailure */
export interface Post {
  (posted: Posted): Promise<string>;
  close(): void;
}

const longestAnswer = 64 * 1024;

export function makePost({ ca, timeoutMs }: PostNeeds): Post {
  const agents = { 'http:': new Agent({ keepAlive: true, maxSockets: 1 }), 'https:': new SecureAgent({ keepAlive: true, maxSockets: 1 }) };

  const post = async ({ url, method = 'POST', headers, body, signal }: Posted): Promise<string> => {
    const deadline = AbortSignal.timeout(timeoutMs);
    try {
      return await exchange(new URL(url), { method, headers, body, signal: AbortSignal.any([deadline, signal]) });
    } catch (cause) {
      if (cause instanceof DeliveryFailure) throw cause;
      if (deadline.aborted) throw new DeliveryFailure('timeout', 'the receiver did not answer in time', { cause });
      throw describeBreak(cause);
    }
  };

  function exchange(url: URL, { method, headers, body, signal }: Required<Omit<Posted, 'url'>>): Promise<string> {
    return new Promise((resolve, reject) => {
      const secure = url.protocol === 'https:';
      const outgoing = (secure ? requestSecure : requestPlain)(url, {
        ...{ method, signal, agent: agents[secure ? 'https:' : 'http:'] },
        headers: { ...headers, 'content-length': body.length },
        ...(secure && ca !== undefined && { ca: readFileSync(ca) }),
      });
      outgoing.on('error', reject);
      outgoing.on('response', async (answer) => {
        try {
          const status = answer.statusCode ?? 0;
          let text = '';
          for await (const chunk of answer) if (text.length < longestAnswer) text += String(chunk);
          if (status >= 200 && status < 300) resolve(text);
          else reject(describeStatus(status, answer.headers['retry-after']));
        } catch (error) {
          reject(error);
        }
      });
      outgoing.end(body);
    });
  }

  return Object.assign(post, {
    close() {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  });
}

const kinds: Readonly<Record<number, DeliveryFailureKind>> = {
  400: 'rejected',
  401: 'unauthorized',
  403: 'unauthorized',
  408: 'timeout',
  413: 'too-large',
  422: 'rejected',
  429: 'throttled',
};

function describeStatus(status: number, retryAfter: string | undefined): DeliveryFailure {
  const kind = kinds[status] ?? (status >= 500 ? 'failed' : 'misdirected');
  const seconds = Number(retryAfter);
  const retryAfterMs = retryAfter !== undefined && Number.isFinite(seconds) ? seconds * 1000 : undefined;
  return new DeliveryFailure(kind, `the receiver answered with status ${status}`, { retryAfterMs });
}
