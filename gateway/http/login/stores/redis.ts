import { readFileSync } from 'node:fs';
import { getCACertificates } from 'node:tls';
import { createClient } from 'redis';
import { Breakage } from '../../../errors.ts';
import type { Clock } from '../../../vocabulary/clock.ts';
import type { Logger } from '../../../vocabulary/logger.ts';
import type { SessionStoreConfiguration } from '../../../vocabulary/login.ts';
import type { Shelf } from '../../../vocabulary/session.ts';

export interface RedisShelfNeeds {
  readonly redis: Extract<SessionStoreConfiguration, { readonly kind: 'redis' }>;
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Logger;
}

export type RedisClient = ReturnType<typeof makeClient>;

export interface RedisShelf extends Shelf {
  /** For the store of sessions, which speaks to Redis through a library of its own. */
  readonly client: RedisClient;
}

const connectMs = 3000;
const commandMs = 2000;
const longestPauseMs = 2000;

/**
 * The shelf in Redis, for many nodes. A Redis that is away does not keep the gateway from starting: each call fails at once until it is back, so that
 * nobody waits for a login that cannot be had.
 */
export async function openRedisShelf({ redis, clock, logger }: RedisShelfNeeds): Promise<RedisShelf> {
  const { prefix } = redis;
  const client = makeClient(redis);
  let told = false;
  client.on('error', (error: unknown) => {
    if (told) return;
    told = true;
    logger.error('the store of logins cannot be reached; nobody can log in until it can', { error });
  });
  client.on('ready', () => {
    if (told) logger.info('the store of logins can be reached again');
    told = false;
  });
  // Without waiting for an answer that may not come; `error` has told of it.
  await Promise.race([client.connect().catch(() => undefined), new Promise((resolve) => void client.once('error', resolve))]);
  const name = (key: string) => `${prefix}${key}`;

  return {
    client,
    get: (key) => guard(async () => (await client.get(name(key))) ?? undefined),
    put: (key, value, until) =>
      guard(async () => void (await client.set(name(key), value, { expiration: { type: 'PXAT', value: until } }))),
    add: (key, value, until) =>
      guard(async () => (await client.set(name(key), value, { condition: 'NX', expiration: { type: 'PXAT', value: until } })) === 'OK'),
    take: (key) => guard(async () => (await client.getDel(name(key))) ?? undefined),
    enlist: (set, member, until) =>
      guard(async () => {
        const key = name(set);
        const now = clock.now();
        // GT: a member that is there keeps the later time. The set itself goes with its last member.
        await client
          .multi()
          .zRemRangeByScore(key, '-inf', now)
          .zAdd(key, { score: until, value: member }, { comparison: 'GT' })
          .pExpireAt(key, until, 'NX')
          .pExpireAt(key, until, 'GT')
          .exec();
      }),
    members: (set) => guard(() => client.zRangeByScore(name(set), `(${clock.now()}`, '+inf')),
    strike: (set, member) => guard(async () => void (await client.zRem(name(set), member))),
    close: async () => client.destroy(),
  };
}

function makeClient({ url, username, passwordFile, ca }: RedisShelfNeeds['redis']) {
  const roots = ca === undefined ? {} : { ca: [...getCACertificates('default'), readFileSync(ca, 'utf8')] };
  return createClient({
    url,
    ...(username === undefined ? {} : { username }),
    ...(passwordFile === undefined ? {} : { password: readFileSync(passwordFile, 'utf8').trim() }),
    // Commands for a Redis that is away would wait in a queue, and whoever logs in with them.
    disableOfflineQueue: true,
    commandOptions: { timeout: commandMs },
    socket: {
      connectTimeout: connectMs,
      reconnectStrategy: (retries: number) => Math.min(50 * 2 ** Math.min(retries, 6), longestPauseMs),
      ...(url.startsWith('rediss:') ? { tls: true as const, ...roots } : {}),
    },
  });
}

async function guard<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new Breakage('login.unavailable', 'The store of logins does not answer.', { cause });
  }
}
