import { readFileSync } from 'node:fs';
import { request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';
import { CommandError } from '../command-error.ts';

export interface ServerAnswer {
  readonly status: number;
  readonly json: Readonly<Record<string, unknown>>;
}

const patienceMs = 30_000;
const longest = 1024 * 1024;

/**
 * Asks an endpoint of the gateway's authorization server. Redirects are not followed: a token request must not go elsewhere.
 * @param form sent with POST; GET without it
 * @param ca PEM file of additional roots
 * @throws Error with what to check, where it cannot be reached or does not answer in JSON
 */
export function callServer(url: string, form?: Readonly<Record<string, string>>, ca?: string): Promise<ServerAnswer> {
  const target = new URL(url);
  const request = target.protocol === 'http:' ? plainRequest : secureRequest;
  const roots = ca === undefined ? {} : { ca: readFileSync(ca) };
  const body = form === undefined ? undefined : new URLSearchParams(form).toString();
  const headers = { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }) };
  return new Promise((resolve, reject) => {
    const call = request(
      target,
      { method: body === undefined ? 'GET' : 'POST', headers, timeout: patienceMs, ...roots },
      async (answer) => {
        try {
          let text = '';
          for await (const chunk of answer) {
            text += String(chunk);
            if (text.length > longest) throw new CommandError('too long');
          }
          resolve({ status: answer.statusCode ?? 0, json: JSON.parse(text) as Record<string, unknown> });
        } catch (cause) {
          reject(
            new CommandError(
              `${target.origin} does not answer as a gateway that gives tokens; check the URL, and that it has a tokens section`,
              {
                cause,
              },
            ),
          );
        }
      },
    );
    call.on('timeout', () => call.destroy(new CommandError('no answer in time')));
    call.on('error', (cause: NodeJS.ErrnoException) => {
      const why = cause.code ?? cause.message;
      const hint = /CERT|SIGNATURE|ISSUER/.test(why) ? '; pass the CA of the gateway with --ca' : '';
      reject(new CommandError(`the gateway cannot be reached at ${target.origin} (${why})${hint}`, { cause }));
    });
    call.end(body);
  });
}
