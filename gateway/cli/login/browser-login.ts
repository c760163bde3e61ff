import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CommandError } from '../command-error.ts';
import type { ServerMetadata } from './server-metadata.ts';

export interface BrowserLogin {
  readonly code: string;
  readonly verifier: string;
  readonly redirectUri: string;
}

const patienceMs = 300_000;

/**
 * Gets an authorization code by the browser of this machine (RFC 8252): it comes back to a port on loopback that only this run knows. State and issuer are
 * compared, so that a code of another run or another server is not taken for ours.
 *
 * @param open shows the page to the person
 * @param scope names with spaces between; none where it is empty
 */
export async function getCode(metadata: ServerMetadata, scope: string, open: (url: string) => void): Promise<BrowserLogin> {
  if (metadata.authorization === undefined)
    throw new CommandError('this gateway has no login for people; ask its operator for a login section');
  const verifier = randomBytes(32).toString('base64url');
  const state = randomBytes(32).toString('base64url');
  const { promise: came, resolve, reject } = Promise.withResolvers<string>();
  const server = createServer((req, res) => {
    const url = new URL(req.url ?? '/', 'http://127.0.0.1');
    if (req.method !== 'GET' || url.pathname !== '/callback' || url.searchParams.get('state') !== state) {
      // Whoever else calls on this port has nothing for us, and does not end the wait.
      res.writeHead(404).end();
      return;
    }
    const code = url.searchParams.get('code');
    const error = url.searchParams.get('error');
    const ours = url.searchParams.get('iss') === metadata.issuer;
    const good = ours && code !== null && error === null;
    res.writeHead(good ? 200 : 400, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
    res.end(
      good ? 'You are logged in. You can close this page and go back to the terminal.\n' : 'The login has failed. See the terminal.\n',
    );
    if (good) resolve(code);
    else
      reject(
        new CommandError(
          error === 'access_denied' ? 'you refused' : `the login failed${error === null || !ours ? '' : ` (${error.slice(0, 64)})`}`,
        ),
      );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const redirectUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`;
  const timer = setTimeout(() => reject(new CommandError('nobody logged in within five minutes')), patienceMs);
  try {
    const query = new URLSearchParams({
      ...{ response_type: 'code', client_id: 'regate-cli', redirect_uri: redirectUri, state },
      ...{ code_challenge: createHash('sha256').update(verifier).digest('base64url'), code_challenge_method: 'S256' },
      ...(scope === '' ? {} : { scope }),
    });
    open(`${metadata.authorization}?${query}`);
    return { code: await came, verifier, redirectUri };
  } finally {
    clearTimeout(timer);
    server.close();
    server.closeIdleConnections();
  }
}

/** Shows a page in the person's browser. Where there is none, the address that is printed has to do. */
export function openBrowser(url: string): void {
  const [command, ...args] =
    process.platform === 'darwin' ? ['open', url] : process.platform === 'win32' ? ['explorer', url] : ['xdg-open', url];
  const child = spawn(command ?? 'xdg-open', args, { stdio: 'ignore', detached: true });
  child.on('error', () => undefined);
  child.unref();
}
