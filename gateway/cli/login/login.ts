import { resolve } from 'node:path';
import { Command } from 'commander';
import { CommandError } from '../command-error.ts';
import { getCode, openBrowser } from './browser-login.ts';
import { callServer, type ServerAnswer } from './call-server.ts';
import { loginByDevice } from './device-login.ts';
import { type KeptLogin, type KeptLogins, loginsPath, openKeptLogins } from './kept-login.ts';
import { fetchMetadata, readGateway, type ServerMetadata } from './server-metadata.ts';

interface LoginOptions {
  readonly gateway?: string;
  readonly ca?: string;
  readonly device: boolean;
  readonly browser: boolean;
  readonly scope: string;
}

/** A token that ends sooner is renewed first: it must still be good when a request with it arrives. */
const renewBeforeMs = 60_000;
const gatewayOption = ['--gateway <url>', 'origin of the gateway (REGATE_URL); the last one that was logged in to, unless given'] as const;

const open = (): KeptLogins => openKeptLogins(loginsPath(process.env));

/** Makes `regate login`. */
export function makeLoginCommand(): Command {
  return new Command('login')
    .description('Log in to a gateway as a person. Tools then get short-lived tokens with: regate token')
    .option(...gatewayOption)
    .option('--device', 'for a terminal without a browser: approve on another device', false)
    .option('--no-browser', 'only print the address, do not open it')
    .option('--scope <scopes>', 'limit the tokens to these scopes', '')
    .option('--ca <file>', 'PEM of additional roots (REGATE_CA)')
    .action(logIn)
    .addHelpText('after', '\nExample:\n  regate login --gateway https://gateway.example\n  export OPENAI_API_KEY=$(regate token)\n');
}

async function logIn({ gateway: asked, ca: file = process.env['REGATE_CA'], device, browser, scope }: LoginOptions): Promise<void> {
  const named = asked ?? process.env['REGATE_URL'] ?? open().find(undefined)?.gateway;
  if (named === undefined) throw new CommandError('say which gateway: regate login --gateway https://gateway.example');
  const gateway = readGateway(named);
  const ca = file === undefined ? undefined : resolve(file);
  const metadata = await fetchMetadata(gateway, ca);
  const say = (text: string) => void process.stderr.write(`${text}\n`);
  const answer = device
    ? await loginByDevice(metadata, scope, {
        ...(ca === undefined ? {} : { ca }),
        tell: (page, code) => say(`Open ${page} on any device and type the code ${code}`),
      })
    : await loginByBrowser(metadata, scope, ca, (url) => {
        say(`Log in here: ${url}`);
        if (browser) openBrowser(url);
      });
  const login = readAnswer(answer, metadata, ca, Date.now());
  await open().change(gateway, async () => login);
  say(`You are logged in to ${gateway}. Tools get a token with: regate token`);
}

async function loginByBrowser(
  metadata: ServerMetadata,
  scope: string,
  ca: string | undefined,
  show: (url: string) => void,
): Promise<ServerAnswer> {
  const { code, verifier, redirectUri } = await getCode(metadata, scope, show);
  const form = { grant_type: 'authorization_code', client_id: 'regate-cli', code, redirect_uri: redirectUri, code_verifier: verifier };
  return callServer(metadata.token, form, ca);
}

function readAnswer(
  { status, json }: ServerAnswer,
  { token, revocation }: Pick<ServerMetadata, 'token' | 'revocation'>,
  ca: string | undefined,
  now: number,
): KeptLogin {
  const { access_token: accessToken, refresh_token: refreshToken, expires_in: life, error_description: why } = json;
  if (status !== 200 || typeof accessToken !== 'string' || typeof refreshToken !== 'string' || typeof life !== 'number') {
    throw new CommandError(`the gateway gives no token: ${typeof why === 'string' ? why : `status ${status}`}`);
  }
  return {
    ...{ tokenEndpoint: token, revocationEndpoint: revocation, refreshToken, accessToken, expiresAt: now + life * 1000 },
    ...(ca === undefined ? {} : { ca }),
  };
}

/** Makes `regate token`. */
export function makeTokenCommand(): Command {
  return new Command('token')
    .description('Print a token of the person who is logged in, renewed where it is about to end. It is made to be an API-key helper.')
    .option(...gatewayOption)
    .action(async ({ gateway }: { readonly gateway?: string }) => {
      process.stdout.write(`${await freshToken(open(), gateway ?? process.env['REGATE_URL'], Date.now)}\n`);
    });
}

/** A token that is good for a while. @throws Error with what to do where there is no login, or it has ended */
export async function freshToken(logins: KeptLogins, asked: string | undefined, now: () => number): Promise<string> {
  const found = logins.find(asked === undefined ? undefined : readGateway(asked));
  if (found === undefined) throw new CommandError('nobody is logged in; run: regate login --gateway URL');
  if (found.login.expiresAt - renewBeforeMs > now()) return found.login.accessToken;
  const renewed = await logins.change(found.gateway, async (login) => {
    // Another terminal may have renewed it while this one waited.
    if (login === undefined || login.expiresAt - renewBeforeMs > now()) return login;
    const form = { grant_type: 'refresh_token', client_id: 'regate-cli', refresh_token: login.refreshToken };
    const answer = await callServer(login.tokenEndpoint, form, login.ca);
    if (answer.json['error'] === 'invalid_grant') return undefined;
    return readAnswer(answer, { token: login.tokenEndpoint, revocation: login.revocationEndpoint }, login.ca, now());
  });
  if (renewed === undefined)
    throw new CommandError(`the login to ${found.gateway} has ended; run: regate login --gateway ${found.gateway}`);
  return renewed.accessToken;
}

/** Makes `regate logout`. */
export function makeLogoutCommand(): Command {
  return new Command('logout')
    .description("End the command line's login. The login in the browser is another one.")
    .option(...gatewayOption)
    .action(async ({ gateway }: { readonly gateway?: string }) => {
      const asked = gateway ?? process.env['REGATE_URL'];
      const found = open().find(asked === undefined ? undefined : readGateway(asked));
      if (found === undefined) throw new CommandError('nobody is logged in');
      await open().change(found.gateway, async (login) => {
        if (login !== undefined)
          await callServer(login.revocationEndpoint, { token: login.refreshToken, client_id: 'regate-cli' }, login.ca);
        return undefined;
      });
      process.stderr.write(`You are logged out of ${found.gateway}. Tokens that were printed end within minutes at the latest.\n`);
    });
}
