import { randomBytes } from 'node:crypto';
import { Command, Option } from 'commander';
import type { Owner } from '../../vocabulary/identity.ts';
import type { KeyLimits } from '../../vocabulary/proofs.ts';
import { adminOptions, findAdmin, makeAdminClient } from '../admin-client.ts';
import { createKey, rotateKey } from './create.ts';
import { type KeysDesk, openLocalDesk, openRemoteDesk } from './desk.ts';
import { collect, collectClaim, parseCount, parseExpiry, parseOwner } from './key-options.ts';
import { listKeys } from './list.ts';
import { revokeKey } from './revoke.ts';

/** Where the keys lie. */
export interface KeysPlace {
  readonly file: string;
  readonly pepperFile: string;
}

/** The flags that say where the keys lie. */
export interface PlaceOptions {
  readonly file?: string;
  readonly pepper?: string;
  readonly config?: string;
  readonly adminUrl?: string;
  readonly ca?: string;
}

interface CreateOptions extends PlaceOptions {
  readonly name: string;
  readonly kind: 'person' | 'service' | 'agent';
  readonly owner: Owner;
  readonly role: readonly string[];
  readonly group: readonly string[];
  readonly scope: readonly string[];
  readonly claim: Readonly<Record<string, string>>;
  readonly model: readonly string[];
  readonly cidr: readonly string[];
  readonly tokensPerDay?: number;
  readonly requestsPerDay?: number;
  /** Absent without the flag; without `at` for a key that does not expire. */
  readonly expires?: { readonly at?: string };
}

/** What the commands touch of the world. */
export interface KeysIo {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly randomBytes: (size: number) => Uint8Array;
}

const systemIo: KeysIo = {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  now: () => Date.now(),
  randomBytes,
};

/**
 * Makes `regate keys create | list | rotate | revoke`, on the files of this machine or, with `--admin-url`, through the doors of a running gateway.
 *
 * @param locate finds the files from the flags, reading the configuration where `--file` and `--pepper` do not say it all; throws with a message
 *   for people where it cannot
 */
export function makeKeysCommand(locate: (options: PlaceOptions) => KeysPlace | Promise<KeysPlace>, io: KeysIo = systemIo): Command {
  const open = async (options: PlaceOptions): Promise<KeysDesk> =>
    options.adminUrl === undefined
      ? openLocalDesk(await locate(options), io)
      : openRemoteDesk(await makeAdminClient(findAdmin(options, process.env)));
  const keys = new Command('keys').description('Virtual keys: credentials for programs that cannot get a token from an identity provider.');
  keys.addCommand(
    withPlace(new Command('create'))
      .description('Make a key. It is printed once, to stdout; only a keyed hash of it is stored.')
      .requiredOption('--name <name>', 'what the holder is called in policies and records, e.g. ci-bot')
      .addOption(new Option('--kind <kind>', 'what the holder is').choices(['person', 'service', 'agent']).default('service'))
      .requiredOption('--owner <owner>', 'who answers for the key: person:ID or team:ID', parseOwner)
      .option('--role <role>', 'a role of the holder (repeatable)', collect, [])
      .option('--group <group>', 'a group of the holder (repeatable)', collect, [])
      .option('--scope <scope>', 'a scope of the key (repeatable)', collect, [])
      .option('--claim <name=value>', 'an attribute that policy reads as a claim (repeatable)', collectClaim, {})
      .option('--model <id>', 'a model that the key may be used for; without any, all that the policy grants (repeatable)', collect, [])
      .option('--cidr <range>', 'a range of addresses that the key may be used from (repeatable)', collect, [])
      .option('--tokens-per-day <number>', 'a budget that policy reads', parseCount)
      .option('--requests-per-day <number>', 'a budget that policy reads', parseCount)
      .option('--expires <when>', 'a span such as 90d or 12h, an RFC 3339 time, or never', (text) => ({ at: parseExpiry(text, io.now()) }))
      .action(async (options: CreateOptions) => {
        const { role, group, scope, claim, name, kind, owner, expires } = options;
        const limits = readLimits(options);
        const expiresAt = expires === undefined ? parseExpiry('90d', io.now()) : expires.at;
        const limit = expiresAt === undefined ? {} : { expires_at: expiresAt };
        await createKey(
          await open(options),
          { name, kind, owner, roles: role, groups: group, scopes: scope, claims: claim, ...(limits && { limits }), ...limit },
          io,
        );
      })
      .addHelpText(
        'after',
        '\nWithout --expires a key lasts 90 days.\n\nExample:\n  regate keys create --name ci-bot --owner team:research --role ci\n',
      ),
  );
  keys.addCommand(
    withPlace(new Command('list'))
      .description('Show the keys. Neither keys nor hashes are shown.')
      .option('--json', 'as JSON', false)
      .action(async (options: PlaceOptions & { json: boolean }) => listKeys(await open(options), options.json, io)),
  );
  keys.addCommand(
    withPlace(new Command('rotate'))
      .description('Make a key that takes the place of another one, which goes on for a while.')
      .argument('<id>', 'the public id, as regate keys list shows it')
      .option('--overlap <span>', 'how long the old key goes on, e.g. 24h, 7d, or 0', '24h')
      .option('--expires <when>', "when the new one ends; its life is as long as the old one's was, unless given", (text) => ({
        at: parseExpiry(text, io.now()),
      }))
      .action(async (id: string, options: PlaceOptions & { overlap: string; expires?: { readonly at?: string } }) => {
        const until = options.overlap === '0' ? undefined : parseExpiry(options.overlap, io.now());
        const overlapSeconds = until === undefined ? 0 : Math.round((Date.parse(until) - io.now()) / 1000);
        const expiresAt = options.expires?.at;
        await rotateKey(await open(options), id, { overlapSeconds, ...(expiresAt === undefined ? {} : { expiresAt }) }, io);
      }),
  );
  keys.addCommand(
    withPlace(new Command('revoke'))
      .description('Revoke a key for good. A running gateway follows within about a second.')
      .argument('<id>', 'the public id, as regate keys list shows it')
      .action(async (id: string, options: PlaceOptions) => revokeKey(await open(options), id, io)),
  );
  return keys;
}

function readLimits({ model, cidr, tokensPerDay, requestsPerDay }: CreateOptions): KeyLimits | undefined {
  const budget = {
    ...(tokensPerDay === undefined ? {} : { tokens_per_day: tokensPerDay }),
    ...(requestsPerDay === undefined ? {} : { requests_per_day: requestsPerDay }),
  };
  const limits = {
    ...(model.length === 0 ? {} : { models: model }),
    ...(cidr.length === 0 ? {} : { cidrs: cidr }),
    ...(Object.keys(budget).length === 0 ? {} : { budget }),
  };
  return Object.keys(limits).length === 0 ? undefined : limits;
}

function withPlace(command: Command): Command {
  return command
    .option('--file <path>', 'the key file')
    .option('--pepper <path>', 'the file of the secret under which keys are hashed')
    .option('--config <path>', 'the configuration that names both')
    .option(...adminOptions.url)
    .option(...adminOptions.ca);
}
