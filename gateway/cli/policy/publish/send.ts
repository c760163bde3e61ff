import { Breakage } from '../../../errors.ts';

export interface Sent {
  readonly status: number;
  readonly headers: Headers;
}

export interface Sending {
  readonly method: 'HEAD' | 'POST' | 'PUT';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/** A bundle of the largest size on a slow line. */
const patienceMs = 120_000;

/**
 * Sends one request. Redirects are not followed: what is published belongs where its author said, and so does the credential.
 * @throws Breakage `gateway.error`; the message holds neither a header nor a query
 */
export async function send({ method, url, headers = {}, body }: Sending): Promise<Sent> {
  try {
    const answer = await fetch(url, {
      method,
      headers: { ...headers },
      redirect: 'manual',
      signal: AbortSignal.timeout(patienceMs),
      ...(body !== undefined && { body: new Uint8Array(body) }),
    });
    await answer.arrayBuffer();
    return { status: answer.status, headers: answer.headers };
  } catch (cause) {
    throw new Breakage('gateway.error', `${url.host} cannot be reached, or broke off.`, { cause });
  }
}
