import { randomBytes } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findDefaultBundle } from '../../gateway/demo/demo.ts';
import { demoAudience, demoIssuer, makeDemoMint, makeIssuerKey, mintTokens, publishKeys } from '../../gateway/demo/identities.ts';
import { systemClock } from '../../gateway/observe/clock.ts';
import { newId } from '../../gateway/observe/new-id.ts';
import { ensureDevelopmentCertificate } from '../../gateway/tls/development-ca.ts';

/** Paths of PEM files. */
export interface Pem {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

export interface Workbench {
  readonly folder: string;
  readonly pem: Pem;
  /** Of an engineer on a managed laptop. */
  readonly token: string;
  /** What the upstream takes. As long as the token, so that heads have one size on every way. */
  readonly credential: string;
  readonly decisions: string;
  /** A descriptor that takes what the measured processes log. */
  readonly log: number;
  readonly logPath: string;
  /** Writes the gateway's configuration. @returns its path */
  configure(upstreamUrl: string): Promise<string>;
  /** @param keep leaves the folder where it is */
  clear(keep: boolean): Promise<void>;
}

/** Sets up everything that is not measured: certificates, an issuer and its token, a folder on a real disk. */
export async function prepareWorkbench(): Promise<Workbench> {
  const root = join(import.meta.dirname, '..', '..', '.regate');
  await mkdir(root, { recursive: true });
  // Not in the temporary folder, which may be memory: there a sync costs nothing.
  const folder = await mkdtemp(join(root, 'bench-'));
  const { caPath } = await ensureDevelopmentCertificate({ directory: join(folder, 'tls'), clock: systemClock });
  const pem = { ca: caPath, certificate: join(folder, 'tls', 'localhost.pem'), key: join(folder, 'tls', 'localhost-key.pem') };

  const { privateKey } = makeIssuerKey();
  const token = mintTokens(makeDemoMint(privateKey, () => newId(Date.now())))['engineer'];
  if (token === undefined) throw new Error('the demo mints no token for an engineer');
  const credential = randomBytes(token.length).toString('base64url').slice(0, token.length);
  await writeFile(join(folder, 'jwks.json'), JSON.stringify(publishKeys(privateKey)));
  await writeFile(join(folder, 'upstream-credential'), credential, { mode: 0o600 });

  const decisions = join(folder, 'decisions');
  const logPath = join(folder, 'operational.log');
  const log = openSync(logPath, 'a');
  return {
    folder,
    pem,
    token,
    credential,
    decisions,
    log,
    logPath,
    async configure(upstreamUrl) {
      const path = join(folder, 'regate.yaml');
      // JSON is YAML.
      await writeFile(path, JSON.stringify(describe(upstreamUrl, pem, decisions)));
      return path;
    },
    async clear(keep) {
      closeSync(log);
      if (!keep) await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Like a real configuration: HTTPS from files, an issuer, several models and backends, the default policies, defaults for the rest. */
function describe(upstreamUrl: string, pem: Pem, decisions: string): object {
  const backend = (id: string, protocol: string, models: readonly string[]) => ({
    id,
    protocol,
    base_url: `${upstreamUrl}/v1`,
    credential: 'upstream',
    ca: pem.ca,
    models: Object.fromEntries(models.map((model) => [model, model])),
  });
  return {
    version: 1,
    labels: { mode: 'bench', region: 'local' },
    listen: { port: 0, tls: { mode: 'files', certificate: pem.certificate, key: pem.key } },
    doors: { port: 0 },
    identity: {
      issuers: [
        {
          alias: 'demo',
          issuer: demoIssuer,
          jwks_file: 'jwks.json',
          audiences: [demoAudience],
          algorithms: ['ES256'],
          types: ['at+jwt'],
          subject: { kind_claim: 'kind', kinds: { person: 'person', service: 'service' }, roles: 'roles', groups: 'groups' },
          actor: { kind: 'service', kind_claim: 'kind', kinds: { service: 'service', agent: 'agent' }, roles: 'roles' },
          device: { id: 'device.id', managed: 'device.managed', os: 'device.os' },
        },
      ],
    },
    context: { networks: [{ name: 'loopback', cidrs: ['127.0.0.0/8', '::1/128'] }] },
    policy: { bundle: findDefaultBundle() },
    backends: [
      backend('provider-a', 'openai', ['gpt-5.1', 'gpt-5-mini', 'text-embedding-3-small']),
      backend('provider-b', 'anthropic', ['claude-opus-4-5', 'claude-haiku-4-5']),
    ],
    models: [
      { id: 'gpt-5.1', operations: ['chat', 'responses'] },
      { id: 'gpt-5-mini', operations: ['chat', 'responses'] },
      { id: 'text-embedding-3-small', operations: ['embeddings'] },
      { id: 'claude-opus-4-5', operations: ['chat', 'count-tokens'] },
      { id: 'claude-haiku-4-5', operations: ['chat', 'count-tokens'] },
    ],
    credentials: { upstream: { file: 'upstream-credential' } },
    record: { directory: decisions },
    log: { format: 'json' },
  };
}
