import { Argument, Command } from 'commander';
import { loadConfiguration } from '../config/load.ts';
import { Breakage } from '../errors.ts';
import { systemClock } from '../observe/clock.ts';
import { makeFileRevocations } from '../registry/file-revocations.ts';
import { type RevocationKind, type RevocationStore, revocationKinds } from '../registry/revocation.ts';
import { adminOptions, findAdmin, makeAdminClient } from './admin-client.ts';
import { parseExpiry } from './keys/key-options.ts';

interface RevokeOptions {
  readonly config?: string;
  readonly adminUrl?: string;
  readonly ca?: string;
  readonly lift: boolean;
  readonly until?: { readonly at?: string };
}

type Desk = Pick<RevocationStore, 'lift'> & { add(kind: RevocationKind, id: string, until: string | undefined): Promise<void> };

const silent = { error: () => undefined, warn: () => undefined, info: () => undefined, debug: () => undefined };

/** Makes `regate revoke`, on the file of this machine or, with `--admin-url`, through the doors of a running gateway. */
export function makeRevokeCommand(): Command {
  return new Command('revoke')
    .description(
      'Take back a token, or everything of a subject, a session, a virtual key or a device. A running gateway follows within two seconds.',
    )
    .addArgument(new Argument('<kind>', 'what it is').choices(revocationKinds))
    .argument('<id>', 'its id as the record shows it, e.g. okta:00u1 for a subject or the jti for a token')
    .option('--until <when>', 'a span or an RFC 3339 time after which it is no longer needed', (text) => ({
      at: parseExpiry(text, Date.now()),
    }))
    .option('--lift', 'take the revocation itself back', false)
    .option('--config <path>', 'the configuration that names identity.revocations')
    .option(...adminOptions.url)
    .option(...adminOptions.ca)
    .action(async (kind: RevocationKind, id: string, options: RevokeOptions) => {
      const desk = await openDesk(options);
      if (options.lift) await desk.lift(kind, id);
      else await desk.add(kind, id, options.until?.at);
      process.stderr.write(`The ${kind} ${id} is ${options.lift ? 'no longer revoked' : 'revoked'}.\n`);
    })
    .addHelpText('after', '\nExample:\n  regate revoke subject okta:00u1 --admin-url https://localhost:9444\n');
}

async function openDesk(options: RevokeOptions): Promise<Desk> {
  if (options.adminUrl !== undefined) {
    const call = await makeAdminClient(findAdmin(options, process.env));
    return {
      add: async (kind, id, until) => void (await call('POST', '/v1/revocations', { kind, id, ...(until === undefined ? {} : { until }) })),
      lift: async (kind, id) => void (await call('DELETE', `/v1/revocations/${kind}/${encodeURIComponent(id)}`)),
    };
  }
  if (options.config === undefined)
    throw new Breakage('gateway.error', 'say where: --config FILE, or --admin-url URL of a running gateway');
  const { revocations } = loadConfiguration(options.config, { environment: process.env }).identity;
  if (revocations === undefined) {
    throw new Breakage('gateway.error', `${options.config} names no file of revocations; add identity.revocations, or use --admin-url`);
  }
  const store = makeFileRevocations({ path: revocations.file, clock: systemClock, logger: silent });
  return {
    add: (kind, id, until) => store.add({ kind, id, at: new Date().toISOString(), ...(until === undefined ? {} : { until }) }),
    lift: store.lift,
  };
}
