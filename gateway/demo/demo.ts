import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeDemoConfiguration } from './configuration.ts';
import { makeDemoMint, makeIssuerKey, mintTokens, publishKeys } from './identities.ts';
import { start as startUpstream, type Upstream } from './upstream/upstream.ts';

export interface DemoOptions {
  /** The folder of everything that the demo makes, e.g. `.regate/dev`. */
  readonly directory: string;
  readonly port: number;
  readonly doorsPort: number;
  readonly adminPort: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly newId: () => string;
  /** How many requests the upstream remembers; none unless given. */
  readonly journal?: number;
}

export interface Demo {
  readonly configurationPath: string;
  /** Name → token. */
  readonly tokens: Readonly<Record<string, string>>;
  /** Makes a token of the demo's issuer with other claims. */
  readonly mint: (claims: object) => string;
  readonly real: { readonly openai: boolean; readonly anthropic: boolean };
  readonly upstream: Upstream;
}

/**
 * Prepares the demo: a provider on loopback, an issuer with a few people and programs, and a configuration that knows both. Nothing of it is
 * active in a gateway that was started with a configuration of its own.
 */
export async function prepareDemo({ directory, port, doorsPort, adminPort, environment, newId, journal = 0 }: DemoOptions): Promise<Demo> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const keep = (name: string, content: string) => writePrivate(join(directory, name), content);

  const keyPath = join(directory, 'issuer-key.pem');
  if (!existsSync(keyPath)) await writePrivate(keyPath, makeIssuerKey().privateKey);
  const privateKey = await readFile(keyPath, 'utf8');
  const mint = makeDemoMint(privateKey, newId);
  const tokens = mintTokens(mint);
  await keep('issuer-jwks.json', JSON.stringify(publishKeys(privateKey), null, 2));
  await keep('tokens.json', `${JSON.stringify(tokens, null, 2)}\n`);
  if (!existsSync(join(directory, 'keys-pepper'))) await keep('keys-pepper', randomBytes(32).toString('base64url'));

  const credential = `demo-${randomBytes(18).toString('base64url')}`;
  await keep('upstream-credential', credential);
  const upstream = await startUpstream({ credential, journal });

  const real = { openai: isSet(environment['OPENAI_API_KEY']), anthropic: isSet(environment['ANTHROPIC_API_KEY']) };
  const configurationPath = join(directory, 'regate.yaml');
  await keep(
    'regate.yaml',
    writeDemoConfiguration({ port, doorsPort, adminPort, bundle: findDefaultBundle(), upstreamUrl: upstream.url, real }),
  );
  return { configurationPath, tokens, mint, real, upstream };
}

async function writePrivate(path: string, content: string): Promise<void> {
  await writeFile(path, content, { mode: 0o600 });
  // The mode above counts only for a new file.
  await chmod(path, 0o600);
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}

/** The bundle that comes with this package, from the sources as well as from the compiled form. */
export function findDefaultBundle(): string {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    const bundle = join(folder, 'bundles', 'default', 'bundle.tar.gz');
    if (existsSync(bundle)) return bundle;
    if (folder === dirname(folder)) throw new Error('the default bundle is missing; build it with: npm run bundle');
  }
}
