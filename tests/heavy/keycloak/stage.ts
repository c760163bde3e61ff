import { spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { parse, stringify } from 'yaml';
import { loadConfiguration } from '../../../gateway/config/load.ts';
import { prepareDemo } from '../../../gateway/demo/demo.ts';
import { type Gateway, startGateway } from '../../../gateway/main.ts';
import { newId } from '../../../gateway/observe/new-id.ts';
import type { Logger } from '../../../gateway/vocabulary/logger.ts';
import { type Keycloak, missingForKeycloak, startKeycloak } from '../../../scripts/components/keycloak.ts';
import { makeSigningKey } from '../../http/login/saml/idp.ts';

const chromiumPath = '/usr/bin/chromium';

/** What is missing here; in CI nothing may be. */
export function whatIsMissing(): string | false {
  const missing = missingForKeycloak() ?? (existsSync(chromiumPath) ? undefined : chromiumPath);
  if (missing !== undefined && process.env['CI'] === 'true') throw new Error(`${missing} is missing, and CI must have it`);
  return missing === undefined ? false : `${missing} is missing`;
}

export interface Stage {
  /** Origin of the gateway. */
  readonly url: string;
  readonly keycloak: Keycloak;
  readonly browser: Browser;
  readonly directory: string;
  readonly metadataFile: string;
  readonly logged: string[];
  /** Every line of the decision log, oldest first. */
  records(): readonly Readonly<Record<string, unknown>>[];
  /** Writes the identity provider's current metadata, as an operator's job would. */
  fetchMetadata(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a Keycloak, the whole gateway with it as its OpenID Connect and its SAML provider, the demo's upstream, and a browser. */
export async function openStage(): Promise<Stage> {
  const directory = mkdtempSync(join(tmpdir(), 'regate-stage-'));
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const own = await makeSigningKey();
  const certificate = new X509Certificate(own.certificate).raw.toString('base64');
  const realm = readFileSync(join(import.meta.dirname, 'realm.json'), 'utf8')
    .replaceAll('GATEWAY', url)
    .replaceAll('CERTIFICATE', certificate);
  const keycloak = await startKeycloak({ realm });
  const issuer = `${keycloak.url}/realms/regate`;
  const demo = await prepareDemo({
    directory: join(directory, 'dev'),
    port,
    doorsPort: 0,
    adminPort: 0,
    environment: {},
    newId: () => newId(Date.now()),
    journal: 10,
  });
  const file = (name: string) => join(directory, name);
  const metadataFile = file('keycloak.xml');
  const fetchMetadata = async () => writeFileSync(metadataFile, await (await fetch(`${issuer}/protocol/saml/descriptor`)).text());
  await fetchMetadata();
  writeFileSync(file('client-secret'), 'the-secret-of-the-keycloak-client\n');
  writeFileSync(file('cookie-secret'), 'a-secret-of-forty-characters-or-so-for-it\n');
  writeFileSync(file('sp.key'), own.privateKey, { mode: 0o600 });
  writeFileSync(file('sp.pem'), own.certificate);
  const configuration = parse(readFileSync(demo.configurationPath, 'utf8')) as Record<string, unknown>;
  configuration['listen'] = { port, tls: { mode: 'plaintext' }, trusted_proxies: ['127.0.0.0/8', '::1/128'] };
  configuration['context'] = {
    networks: [{ name: 'loopback', cidrs: ['127.0.0.0/8'] }],
    headers: { device_id: 'x-device-id', device_managed: 'x-device-managed' },
  };
  configuration['tokens'] = { issuer: url, keys_directory: file('token-keys') };
  configuration['login'] = {
    public_url: url,
    sessions: { store: { kind: 'sqlite', file: file('sessions.db') }, secret_file: file('cookie-secret') },
    oidc: [
      {
        alias: 'keycloak',
        name: 'Keycloak',
        issuer,
        client_id: 'regate',
        client_secret_file: file('client-secret'),
        groups: 'groups',
        group_roles: { engineers: ['engineer'] },
      },
    ],
    saml: [
      {
        alias: 'keycloak-saml',
        name: 'Keycloak by SAML',
        metadata_file: metadataFile,
        groups: 'groups',
        group_roles: { engineers: ['engineer'] },
        signing_key_file: file('sp.key'),
        signing_certificate_file: file('sp.pem'),
      },
    ],
  };
  writeFileSync(demo.configurationPath, stringify(configuration));
  const logged: string[] = [];
  const write = (level: string) => (message: string, fields?: unknown) =>
    void logged.push(
      `${level} ${message} ${JSON.stringify(fields ?? {}, (_key, value: unknown) => (value instanceof Error ? `${value.message} ${String(value.cause)}` : value))}`,
    );
  const logger: Logger = { error: write('error'), warn: write('warn'), info: write('info'), debug: write('debug') };
  const gateway: Gateway = await startGateway(loadConfiguration(demo.configurationPath, { environment: {} }), { logger, environment: {} });
  const browser = await chromium.launch({
    executablePath: chromiumPath,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  return {
    url,
    keycloak,
    browser,
    directory,
    metadataFile,
    logged,
    fetchMetadata,
    records() {
      const folder = join(directory, 'decisions');
      return readdirSync(folder)
        .filter((name) => name.endsWith('.ndjson'))
        .sort()
        .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'))
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    },
    async close() {
      await browser.close();
      await gateway.stop();
      await demo.upstream.close();
      await keycloak.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs the command line, as a person would in a terminal. Not in step with this process, where the gateway is that it calls.
 * @param watch sees standard error as it comes
 */
export async function regate(
  { directory, url }: Pick<Stage, 'directory' | 'url'>,
  args: readonly string[],
  watch?: (stderr: string) => void,
): Promise<Ran> {
  const env = { ...process.env, HOME: directory, XDG_CONFIG_HOME: join(directory, 'config'), REGATE_URL: url, NO_COLOR: '1' };
  const child = spawn(process.execPath, ['gateway/cli/regate.ts', ...args], { env, timeout: 60_000, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
    watch?.(stderr);
  });
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, stdout, stderr };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => void server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
