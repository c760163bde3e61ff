import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { unpackBundle } from '../../bundle/unpack-bundle.ts';
import type { BundleProblem, Verification } from '../../bundle/verification.ts';
import { readVerificationKey } from '../../bundle/verification-key.ts';
import { makeVerifier } from '../../bundle/verifier.ts';
import { describeProblem, type VerifiedBundle, verifyBundle } from '../../bundle/verify-bundle.ts';
import { loadConfiguration } from '../../config/load.ts';
import { nameBundle } from '../../engine/read-bundle.ts';
import { Breakage } from '../../errors.ts';
import type { SigningAlgorithm } from '../../vocabulary/verification.ts';
import type { PolicyIo } from './policy-io.ts';
import { formatOption } from './policy-options.ts';
import { algorithmOption, defaultKeyId, parseVersion, readNamed, tell } from './signing-options.ts';

interface VerifyOptions {
  readonly config?: string;
  readonly name?: string;
  readonly key?: string;
  readonly keyId: string;
  readonly algorithm?: SigningAlgorithm;
  readonly scope: string;
  readonly newerThan?: number;
  readonly allowDowngrade: boolean;
  readonly format: string;
}

/** Makes `regate policy verify`. Exit code 1: the bundle is not what was signed. */
export function makeVerifyCommand(io: PolicyIo): Command {
  return new Command('verify')
    .description('Verify the signature of a bundle as the gateway would, and say file by file what is wrong.')
    .argument('<bundle>', 'a bundle file')
    .addOption(
      new Option('--config <file>', "the gateway's configuration: its keys, its scope, its newest version").conflicts(['key', 'algorithm']),
    )
    .option('--name <name>', 'with --config: what the gateway calls the bundle; unless given, its file says')
    .option('--key <file>', 'the public key or a certificate, PEM; for HS the secret')
    .option('--key-id <id>', 'what signatures name the key by', defaultKeyId)
    .addOption(algorithmOption('the only algorithm that the signature may have been made with; needed with --key'))
    .option('--scope <text>', 'what the scope of the signature must be', '')
    .option('--newer-than <number>', 'the version that must be exceeded', parseVersion)
    .option('--allow-downgrade', 'accept an older version, and a signature without one, as opa makes it', false)
    .addOption(formatOption())
    .action(async (bundle: string, options: VerifyOptions) => {
      try {
        await verify(io, bundle, options);
      } catch (error) {
        tell(io, error);
      }
    })
    .addHelpText(
      'after',
      `
Example:
  regate policy verify bundle.tar.gz --key release.pub --algorithm EdDSA --key-id release-2026 --scope production
  regate policy verify bundle.tar.gz --config regate.yaml
`,
    );
}

async function verify(io: PolicyIo, bundle: string, options: VerifyOptions): Promise<void> {
  const verification = demandOf(io, bundle, options);
  const found = verifyBundle(await unpackBundle(readNamed(io, bundle)), verification);
  if ('problems' in found) tellProblems(io, bundle, found.problems, options.format);
  else tellVerified(io, bundle, found, options.format);
}

function demandOf(io: PolicyIo, bundle: string, options: VerifyOptions): Verification {
  const { config, name, key, keyId, algorithm, scope, newerThan, allowDowngrade } = options;
  const newest = newerThan === undefined ? {} : { newest: { version: newerThan, content: '' } };
  if (config !== undefined) {
    const { policy } = loadConfiguration(resolve(io.cwd, config), { environment: io.environment });
    if (policy.verification === undefined) {
      throw new Breakage('gateway.error', `${config} has no policy.verification: the gateway does not look at signatures.`);
    }
    const verifier = makeVerifier({ ...policy.verification, clock: { now: io.now } });
    return { ...verifier.demand(name ?? nameBundle(bundle), allowDowngrade), ...newest };
  }
  if (key === undefined || algorithm === undefined) {
    throw new Breakage('gateway.error', 'Say what to verify with: --key FILE and --algorithm NAME, or --config FILE.');
  }
  return { keys: [readVerificationKey(keyId, algorithm, readNamed(io, key))], scope, now: io.now(), allowDowngrade, ...newest };
}

function tellProblems(io: PolicyIo, bundle: string, problems: readonly BundleProblem[], format: string): void {
  if (format === 'json') io.out(`${JSON.stringify({ bundle, verified: false, problems }, null, 2)}\n`);
  else io.err(`${bundle} is not verified:\n${problems.map((problem) => `  ${describeProblem(problem)}\n`).join('')}`);
  io.exit(1);
}

function tellVerified(io: PolicyIo, bundle: string, found: VerifiedBundle, format: string): void {
  const { keyId, scope, version, issuedAt, expiresAt, issuer, content } = found;
  const time = (seconds: number) => new Date(seconds * 1000).toISOString();
  const report = {
    key_id: keyId,
    scope,
    ...(version !== undefined && { version }),
    ...(issuer !== undefined && { issuer }),
    ...(issuedAt !== undefined && { issued_at: time(issuedAt) }),
    ...(expiresAt !== undefined && { expires_at: time(expiresAt) }),
    content,
  };
  const lines = Object.entries(report).map(([name, value]) => `  ${name.padEnd(10)}  ${value === '' ? '-' : value}\n`);
  io.out(
    format === 'json' ? `${JSON.stringify({ bundle, verified: true, ...report }, null, 2)}\n` : `${bundle} is verified:\n${lines.join('')}`,
  );
  io.exit(0);
}
