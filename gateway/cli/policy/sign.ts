import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { packBundle } from '../../bundle/pack-bundle.ts';
import { type SigningClaims, type SigningKey, signBundle } from '../../bundle/sign-bundle.ts';
import { readSigningKey } from '../../bundle/signing-key.ts';
import { unpackBundle } from '../../bundle/unpack-bundle.ts';
import { Breakage } from '../../errors.ts';
import type { SigningAlgorithm } from '../../vocabulary/verification.ts';
import { parseExpiry } from '../keys/key-options.ts';
import type { PolicyIo } from './policy-io.ts';
import { formatOption } from './policy-options.ts';
import { algorithmOption, defaultKeyId, parseVersion, readNamed, tell } from './signing-options.ts';
import { writeWhole } from './write-whole.ts';

interface SignOptions {
  readonly key?: string;
  readonly keyEnv?: string;
  readonly keyId: string;
  readonly algorithm?: SigningAlgorithm;
  readonly scope: string;
  readonly bundleVersion?: number;
  /** RFC 3339. */
  readonly expires?: { readonly at?: string };
  readonly issuer?: string;
  readonly output?: string;
  readonly format: string;
}

/** Makes `regate policy sign`. */
export function makeSignCommand(io: PolicyIo): Command {
  return new Command('sign')
    .description('Sign a bundle, so that a gateway with policy.verification, and opa, accept it.')
    .argument('<bundle>', 'a bundle file')
    .addOption(new Option('--key <file>', 'the private key, PEM without a passphrase; for HS the secret').conflicts('keyEnv'))
    .option('--key-env <variable>', 'the environment variable that holds it, in place of a file')
    .option('--key-id <id>', 'what verifiers know the key by', defaultKeyId)
    .addOption(algorithmOption('unless given, the usual one for the key: RS256, ES256 to ES512, EdDSA'))
    .option('--scope <text>', 'what the verifier must expect as scope', '')
    .option('--bundle-version <number>', 'must grow with every release; unless given, the time in seconds', parseVersion)
    .option('--expires <when>', 'when a gateway no longer activates it: a span such as 90d, an RFC 3339 time, or never', (text) => {
      const at = parseExpiry(text, io.now());
      return at === undefined ? {} : { at };
    })
    .option('--issuer <text>', 'who signs, for people to read')
    .option('-o, --output <file>', 'the file to write; unless given, the bundle itself')
    .addOption(formatOption())
    .action(async (bundle: string, options: SignOptions) => {
      try {
        await sign(io, bundle, options);
      } catch (error) {
        tell(io, error);
      }
    })
    .addHelpText(
      'after',
      `
The signature lists the hash of every file. It replaces an earlier one.

Example:
  openssl genpkey -algorithm ed25519 -out release.key
  openssl pkey -in release.key -pubout -out release.pub
  regate policy sign bundle.tar.gz --key release.key --key-id release-2026 --scope production --expires 90d
`,
    );
}

async function sign(io: PolicyIo, bundle: string, options: SignOptions): Promise<void> {
  const { keyId, scope, issuer, expires, output = bundle } = options;
  const key = readSigningKey(readKey(io, options), options.algorithm);
  const issuedAt = Math.floor(io.now() / 1000);
  const claims: SigningClaims = {
    keyId,
    scope,
    version: options.bundleVersion ?? issuedAt,
    issuedAt,
    ...(expires?.at !== undefined && { expiresAt: Math.floor(Date.parse(expires.at) / 1000) }),
    ...(issuer !== undefined && { issuer }),
  };
  const files = signBundle(await unpackBundle(readNamed(io, bundle)), key, claims);
  const packed = await packBundle(files);
  writeWhole(resolve(io.cwd, output), packed);
  report(io, { key, claims, output, files: files.size - 1, sha256: createHash('sha256').update(packed).digest('hex') }, options.format);
  io.exit(0);
}

function readKey(io: PolicyIo, { key, keyEnv }: SignOptions): Uint8Array {
  if (key !== undefined) return readNamed(io, key);
  if (keyEnv === undefined) throw new Breakage('gateway.error', 'Name the signing key: --key FILE or --key-env VARIABLE.');
  const value = io.environment[keyEnv];
  if (value === undefined || value === '') throw new Breakage('gateway.error', `The environment variable ${keyEnv} is not set.`);
  return Buffer.from(value);
}

interface Signed {
  readonly key: SigningKey;
  readonly claims: SigningClaims;
  readonly output: string;
  readonly files: number;
  readonly sha256: string;
}

function report(io: PolicyIo, { key, claims, output, files, sha256 }: Signed, format: string): void {
  const { keyId, scope, version, expiresAt } = claims;
  const expiry = expiresAt === undefined ? undefined : new Date(expiresAt * 1000).toISOString();
  io.out(
    format === 'json'
      ? `${JSON.stringify({ output, sha256, files, key_id: keyId, algorithm: key.algorithm, scope, version, ...(expiry !== undefined && { expires_at: expiry }) }, null, 2)}\n`
      : `Signed ${output}: ${files} files, key ${keyId} (${key.algorithm})${scope === '' ? '' : `, scope ${scope}`}, version ${version}, ` +
          `${expiry === undefined ? 'does not expire' : `expires ${expiry}`}, sha256 ${sha256}\n`,
  );
}
