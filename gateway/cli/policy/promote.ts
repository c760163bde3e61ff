import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { loadConfiguration } from '../../config/load.ts';
import { Breakage } from '../../errors.ts';
import { adminOptions, findAdmin, makeAdminClient } from '../admin-client.ts';
import type { PolicyIo } from './policy-io.ts';
import { writeWhole } from './write-whole.ts';

interface PromoteOptions {
  readonly config?: string;
  readonly adminUrl?: string;
  readonly ca?: string;
}

/** Makes `regate policy promote`. */
export function makePromoteCommand(io: PolicyIo): Command {
  return new Command('promote')
    .description('Put the candidate that is on trial in the place of the policy in force.')
    .option('--config <path>', 'the configuration that names policy.candidate')
    .option(...adminOptions.url)
    .option(...adminOptions.ca)
    .action((options: PromoteOptions) => promote(io, options))
    .addHelpText(
      'after',
      '\nWith --admin-url a running gateway is asked, whose policy decides who may. With --config the file of the candidate is copied over the file of the\n' +
        'policy, on this machine; a gateway that runs looks at it as at any new revision.\n',
    );
}

async function promote(io: PolicyIo, options: PromoteOptions): Promise<void> {
  if (options.adminUrl !== undefined || options.config === undefined) {
    const call = await makeAdminClient(findAdmin(options, io.environment));
    const { revision, digest } = (await call('POST', '/v1/policy/promote')) as { readonly revision: string; readonly digest: string };
    io.err(`The candidate, revision ${revision} (${digest.slice(0, 12)}), is in force.\n`);
    return;
  }
  const { candidate, bundles } = loadConfiguration(options.config, { environment: io.environment }).policy;
  if (candidate === undefined) throw new Breakage('gateway.error', `${options.config} has no policy.candidate`);
  const [from, ...more] = candidate.bundles;
  const [to, ...others] = bundles;
  if (from?.source.kind !== 'file' || to?.source.kind !== 'file' || more.length + others.length > 0) {
    throw new Breakage(
      'gateway.error',
      'only one file can be put in the place of one file; publish the candidate where the policy comes from',
    );
  }
  writeWhole(to.source.path, readFileSync(from.source.path));
  io.err(
    `${from.source.path} is now ${to.source.path}. A gateway that runs puts it in force where it is fit to decide, and logs why where not.\n`,
  );
}
