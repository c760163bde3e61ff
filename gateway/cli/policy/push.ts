import { createHash } from 'node:crypto';
import { Command, Option } from 'commander';
import { unpackBundle } from '../../bundle/unpack-bundle.ts';
import { isLoopback } from '../../config/loopback.ts';
import { Breakage, BundleBreakage } from '../../errors.ts';
import { writeBasic } from '../../rollout/http/authorization.ts';
import type { PolicyIo } from './policy-io.ts';
import { collect, formatOption } from './policy-options.ts';
import { pushArtifact } from './publish/push-artifact.ts';
import { putFile } from './publish/put-file.ts';
import { readNamed, tell } from './signing-options.ts';

interface PushOptions {
  readonly tokenEnv?: string;
  readonly username?: string;
  readonly passwordEnv?: string;
  readonly otherHost: readonly string[];
  readonly ifMatch?: string;
  readonly ifAbsent: boolean;
  readonly insecureHttp: boolean;
  readonly format: string;
}

/** Makes `regate policy push`. */
export function makePushCommand(io: PolicyIo): Command {
  return new Command('push')
    .description('Publish a bundle: to a web server with PUT, or to an OCI registry.')
    .argument('<bundle>', 'a bundle file')
    .argument('<destination>', 'https://host/path/bundle.tar.gz, or oci://host/repository:tag')
    .addOption(
      new Option('--token-env <variable>', 'the environment variable that holds a bearer token').conflicts(['username', 'passwordEnv']),
    )
    .option('--username <name>', 'with --password-env: HTTP Basic, or what the token service of a registry is shown')
    .option('--password-env <variable>', 'the environment variable that holds the password')
    .option('--other-host <host>', 'a host beside the registry that may be asked for its token (repeatable)', collect, [])
    .addOption(new Option('--if-match <etag>', 'put only over this version').conflicts('ifAbsent'))
    .option('--if-absent', 'put only where there is nothing', false)
    .option('--insecure-http', 'also over plain http to a host that is not this machine', false)
    .addOption(formatOption())
    .action(async (bundle: string, destination: string, options: PushOptions) => {
      try {
        await push(io, bundle, destination, options);
      } catch (error) {
        // What pulls bundles speaks of them; here a registry or its token service is what failed.
        tell(io, error instanceof BundleBreakage ? new Breakage('gateway.error', error.message, { cause: error }) : error);
      }
    })
    .addHelpText(
      'after',
      `
What is not a bundle is not pushed. Whether its signature holds is for "regate policy verify" to say, before.
For https the roots of the system count, and those that NODE_EXTRA_CA_CERTS names.

Example:
  regate policy push bundle.tar.gz https://bundles.example/production/bundle.tar.gz --token-env BUNDLE_TOKEN
  regate policy push bundle.tar.gz oci://registry.example/policies/gateway:v7 --username ci --password-env REGISTRY_PASSWORD
`,
    );
}

async function push(io: PolicyIo, bundle: string, destination: string, options: PushOptions): Promise<void> {
  const bytes = readNamed(io, bundle);
  const files = await unpackBundle(bytes);
  const { revision = '' } = JSON.parse(Buffer.from(files.get('.manifest') ?? '{}').toString()) as { readonly revision?: string };
  const authorization = readAuthorization(io, options);
  const report = destination.startsWith('oci://')
    ? await pushToRegistry(io, { destination, bytes, revision, authorization }, options)
    : await pushToServer({ destination, bytes, authorization }, options);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const told = Object.entries(report).map(([name, value]) => `, ${name} ${value}`);
  io.out(
    options.format === 'json'
      ? `${JSON.stringify({ destination, revision, sha256, ...report }, null, 2)}\n`
      : `Pushed ${bundle} to ${destination}: revision ${revision || '-'}, sha256 ${sha256}${told.join('')}\n`,
  );
  io.exit(0);
}

interface Cargo {
  readonly destination: string;
  readonly bytes: Uint8Array;
  readonly authorization: string | undefined;
}

async function pushToServer({ destination, bytes, authorization }: Cargo, options: PushOptions): Promise<Readonly<Record<string, string>>> {
  const url = checkUrl(destination, options);
  const { ifMatch, ifAbsent } = options;
  const etag = await putFile({
    url,
    bytes,
    ifAbsent,
    ...(authorization !== undefined && { authorization }),
    ...(ifMatch !== undefined && { ifMatch }),
  });
  return etag === undefined ? {} : { etag };
}

const artifact = /^oci:\/\/([^/]+)\/([a-z0-9]+(?:[._/-]+[a-z0-9]+)*):([A-Za-z0-9_][A-Za-z0-9._-]{0,127})$/;

async function pushToRegistry(
  io: PolicyIo,
  { destination, bytes, revision, authorization }: Cargo & { readonly revision: string },
  options: PushOptions,
): Promise<Readonly<Record<string, string>>> {
  const [, host = '', repository = '', tag = ''] = artifact.exec(destination) ?? [];
  if (host === '') throw new Breakage('gateway.error', `${destination} is not oci://host/repository:tag.`);
  if (options.ifMatch !== undefined || options.ifAbsent) {
    throw new Breakage('gateway.error', 'Registries know no --if-match and no --if-absent; make the tag immutable there.');
  }
  const plain = options.insecureHttp || (URL.canParse(`http://${host}`) && isLoopback(new URL(`http://${host}`).hostname));
  const registry = checkUrl(`${plain ? 'http' : 'https'}://${host}`, options);
  const digest = await pushArtifact({
    registry,
    repository,
    tag,
    bytes,
    revision,
    otherHosts: options.otherHost,
    ...(authorization !== undefined && { authorization }),
    clock: { monotonic: io.now },
  });
  return { digest };
}

function checkUrl(text: string, { insecureHttp }: PushOptions): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol))
    throw new Breakage('gateway.error', `${text} is not a URL to push to.`);
  if (url.username !== '' || url.password !== '') {
    throw new Breakage('gateway.error', 'A URL must hold no user name or password; use --username and --password-env.');
  }
  if (url.protocol === 'http:' && !insecureHttp && !isLoopback(url.hostname)) {
    throw new Breakage('gateway.error', 'Over plain http the credential could be read on the way; use https, or --insecure-http.');
  }
  return url;
}

function readAuthorization(io: PolicyIo, { tokenEnv, username, passwordEnv }: PushOptions): string | undefined {
  const read = (name: string) => {
    const value = io.environment[name];
    if (value === undefined || value === '') throw new Breakage('gateway.error', `The environment variable ${name} is not set.`);
    return value;
  };
  if (tokenEnv !== undefined) return `Bearer ${read(tokenEnv)}`;
  if (username === undefined && passwordEnv === undefined) return undefined;
  if (username === undefined || passwordEnv === undefined)
    throw new Breakage('gateway.error', '--username and --password-env belong together.');
  return writeBasic(username, read(passwordEnv));
}
