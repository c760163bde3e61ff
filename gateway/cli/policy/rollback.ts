import { Command } from 'commander';
import { loadConfiguration } from '../../config/load.ts';
import { Breakage } from '../../errors.ts';
import { localDisk } from '../../rollout/store/disk.ts';
import { findActivation } from '../../rollout/store/find-activation.ts';
import { makeStore, type Store } from '../../rollout/store/store.ts';
import { adminOptions, findAdmin, makeAdminClient } from '../admin-client.ts';
import type { PolicyIo } from './policy-io.ts';

interface Where {
  readonly config?: string;
  readonly adminUrl?: string;
  readonly ca?: string;
}

interface Shown {
  readonly digest: string;
  readonly revision: string;
  readonly at: string;
  readonly bundles: readonly { readonly name: string; readonly revision: string }[];
  readonly active?: boolean;
  readonly pinned: boolean;
}

/** What the three commands do, on the store of this machine or through the doors of a running gateway. */
interface Desk {
  revisions(): Promise<readonly Shown[]>;
  rollBack(named: string): Promise<{ readonly digest: string; readonly revision: string }>;
  release(): Promise<void>;
}

const silent = { error: () => undefined, warn: () => undefined, info: () => undefined, debug: () => undefined };

/** Makes `regate policy revisions`. */
export function makeRevisionsCommand(io: PolicyIo): Command {
  return withWhere(new Command('revisions').description('List the combinations of bundles that are kept, the newest first.'))
    .option('--format <format>', 'pretty or json', 'pretty')
    .action(async (options: Where & { readonly format: string }) => {
      const revisions = await (await openDesk(options, io)).revisions();
      if (options.format === 'json') return io.out(`${JSON.stringify({ revisions }, null, 2)}\n`);
      if (revisions.length === 0) return io.out('No revision is kept yet.\n');
      io.out(revisions.map(render).join(''));
    });
}

/** Makes `regate policy rollback`. */
export function makeRollbackCommand(io: PolicyIo): Command {
  return withWhere(
    new Command('rollback')
      .description('Hold the gateway to a revision that is kept, whatever its sources bring, until it is released.')
      .argument('<revision>', 'the revision of the policy, or the first digits of the digest, as "regate policy revisions" shows them'),
  ).action(async (named: string, options: Where) => {
    const { digest, revision } = await (await openDesk(options, io)).rollBack(named);
    io.err(
      `The gateway is held to revision ${revision} (${digest.slice(0, 12)}). "regate policy release" lets it follow its sources again.\n`,
    );
  });
}

/** Makes `regate policy release`. */
export function makeReleaseCommand(io: PolicyIo): Command {
  return withWhere(new Command('release').description('Let a gateway that was rolled back follow its sources again.')).action(
    async (options: Where) => {
      await (await openDesk(options, io)).release();
      io.err('The gateway follows its sources again.\n');
    },
  );
}

function withWhere(command: Command): Command {
  return command
    .option('--config <path>', 'the configuration that names policy.store')
    .option(...adminOptions.url)
    .option(...adminOptions.ca)
    .addHelpText(
      'after',
      '\nWith --admin-url a running gateway is asked, whose policy decides who may. With --config the store of this machine is changed, whether a\n' +
        'gateway runs or not; one that runs follows within two seconds.\n',
    );
}

async function openDesk(options: Where, io: PolicyIo): Promise<Desk> {
  if (options.adminUrl !== undefined || options.config === undefined) return askGateway(options, io);
  const { store: place } = loadConfiguration(options.config, { environment: io.environment }).policy;
  if (place === undefined) {
    throw new Breakage('gateway.error', `${options.config} has no policy.store, so that nothing is kept to roll back to`);
  }
  const store = makeStore({ ...place, disk: localDisk, logger: silent });
  await store.open();
  return workOn(store);
}

function workOn(store: Store): Desk {
  return {
    async revisions() {
      const pinned = await store.pinned();
      return store.activations().map(({ digest, revision, at, bundles }) => ({ digest, revision, at, bundles, pinned: digest === pinned }));
    },
    async rollBack(named) {
      const kept = findActivation(store.activations(), named);
      if ('problem' in kept) throw new Breakage('gateway.error', kept.problem);
      await store.contentsOf(kept);
      await store.pin(kept.digest);
      return kept;
    },
    release: () => store.pin(undefined),
  };
}

async function askGateway(options: Where, io: PolicyIo): Promise<Desk> {
  const call = await makeAdminClient(findAdmin(options, io.environment));
  return {
    revisions: async () => ((await call('GET', '/v1/policy/revisions')) as { readonly revisions: readonly Shown[] }).revisions,
    rollBack: async (revision) =>
      (await call('POST', '/v1/policy/rollback', { revision })) as { readonly digest: string; readonly revision: string },
    release: async () => void (await call('POST', '/v1/policy/release')),
  };
}

function render({ digest, revision, at, bundles, active, pinned }: Shown): string {
  const marks = [...(active ? ['active'] : []), ...(pinned ? ['pinned'] : [])];
  const several = bundles.length > 1 ? `  ${bundles.map((bundle) => `${bundle.name} ${bundle.revision}`).join(', ')}` : '';
  return `${digest.slice(0, 12)}  ${revision}  ${at}${several}${marks.length === 0 ? '' : `  (${marks.join(', ')})`}\n`;
}
