import { readFile } from 'node:fs/promises';
import { request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';
import { CommandError } from './command-error.ts';

export interface AdminClientNeeds {
  /** Origin of the administrative doors, e.g. `https://localhost:9444`. */
  readonly url: string;
  /** PEM file of additional roots. */
  readonly ca?: string;
  /** A gateway credential: a token or a key. */
  readonly token: string;
}

/** What a door said no to, in its own words (RFC 9457). */
export class AdminRefusal extends CommandError {
  override readonly name = 'AdminRefusal';
  readonly status: number;
  readonly code: string | undefined;

  constructor(status: number, problem: Readonly<Record<string, unknown>>) {
    const { title, code, decision_id: decision } = problem;
    super(
      `${String(title ?? `the gateway answered with status ${status}`)}${decision === undefined ? '' : ` (decision ${String(decision)})`}`,
    );
    this.status = status;
    this.code = typeof code === 'string' ? code : undefined;
  }
}

export type CallAdmin = (method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown) => Promise<unknown>;

const patienceMs = 30_000;

/**
 * Makes the command line's way to the administrative doors.
 * @returns a call that gives the door's JSON; it throws AdminRefusal where the door refuses, and an Error with what to do where it cannot be reached
 */
export async function makeAdminClient({ url, ca, token }: AdminClientNeeds): Promise<CallAdmin> {
  const roots = ca === undefined ? {} : { ca: await readFile(ca) };
  const origin = new URL(url);
  const request = origin.protocol === 'http:' ? plainRequest : secureRequest;
  return (method, path, body) =>
    new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
      const call = request(new URL(path, origin), { method, headers, timeout: patienceMs, ...roots }, async (answer) => {
        try {
          const chunks: Buffer[] = [];
          for await (const chunk of answer) chunks.push(chunk as Buffer);
          const json: unknown = JSON.parse(Buffer.concat(chunks).toString() || 'null');
          const status = answer.statusCode ?? 0;
          if (status < 400) resolve(json);
          else reject(new AdminRefusal(status, json as Record<string, unknown>));
        } catch (cause) {
          reject(new CommandError(`${url} does not answer as a gateway's administrative door; check --admin-url`, { cause }));
        }
      });
      call.on('timeout', () => call.destroy(new CommandError('no answer in time')));
      call.on('error', (cause: NodeJS.ErrnoException) => {
        const why = cause.code ?? cause.message;
        reject(
          new CommandError(`the gateway's administrative doors cannot be reached at ${url} (${why}); check --admin-url and --ca`, {
            cause,
          }),
        );
      });
      call.end(body === undefined ? undefined : JSON.stringify(body));
    });
}

/** Options that every command that talks to the doors has, with their defaults from the environment. */
export const adminOptions = {
  url: ['--admin-url <url>', 'origin of the administrative doors (REGATE_ADMIN_URL)'],
  ca: ['--ca <file>', 'PEM of additional roots (REGATE_CA)'],
} as const;

/**
 * Takes what the options leave open from the environment. The token comes only from there: an argument would show in every process list.
 * @throws Error with what to set
 */
export function findAdmin(
  options: { readonly adminUrl?: string; readonly ca?: string },
  environment: Readonly<Record<string, string | undefined>>,
): AdminClientNeeds {
  const url = options.adminUrl ?? environment['REGATE_ADMIN_URL'] ?? 'https://localhost:9444';
  const ca = options.ca ?? environment['REGATE_CA'];
  const token = environment['REGATE_TOKEN'];
  if (token === undefined || token === '')
    throw new CommandError('set REGATE_TOKEN to a gateway token or key that may administer the gateway');
  return { url, token, ...(ca === undefined ? {} : { ca }) };
}
