import type { Clock } from '../../vocabulary/clock.ts';
import type { Logger } from '../../vocabulary/logger.ts';
import type { FetchKeys } from './fetch-keys.ts';
import { type IssuerKeys, type KeySet, type KeyUse, makeIssuerKeys, parseKeys } from './jwks.ts';

export interface RemoteKeySetNeeds {
  readonly url: string;
  /** Path of a PEM file with additional roots. */
  readonly ca?: string;
  /** The issuer's alias, for the log. */
  readonly alias: string;
  readonly fetchKeys: FetchKeys;
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Logger;
  /** Which keys of the set verify tokens. */
  readonly use?: KeyUse;
  readonly times?: Partial<KeySetTimes>;
}

export interface KeySetTimes {
  /** From this age on the keys are fetched again, behind the back of the requests. */
  readonly freshMs: number;
  /** While the issuer cannot be reached, its last keys count until this age; then nobody is let in with them. */
  readonly usableMs: number;
  /** After a fetch, unknown key ids cause no other one for so long: they cost a caller nothing to make up. */
  readonly cooldownMs: number;
  /** After a fetch that failed, none is tried for so long. */
  readonly retryMs: number;
}

const usualTimes: KeySetTimes = { freshMs: 300_000, usableMs: 3_600_000, cooldownMs: 10_000, retryMs: 3_000 };

/**
 * Makes a key set that is fetched from its issuer. It is fetched at first use, again when it is no longer fresh, and at once when a token names
 * an unknown key (rotation) unless that was asked a moment ago. However many requests wait, there is one fetch at a time.
 */
export function makeRemoteKeySet(needs: RemoteKeySetNeeds): KeySet {
  const { url, ca, alias, fetchKeys, clock, logger } = needs;
  const times = { ...usualTimes, ...needs.times };
  let held: { readonly keys: IssuerKeys; readonly digest: string; readonly at: number } | undefined;
  let revisions = 0;
  let notBefore = Number.NEGATIVE_INFINITY;
  let underWay: Promise<void> | undefined;

  async function fetchOnce(): Promise<void> {
    try {
      const { set, digest, dropped } = parseKeys(await fetchKeys({ url, ...(ca === undefined ? {} : { ca }) }), needs.use);
      if (dropped > 0) logger.warn('Keys of an issuer were left out: not public, not asymmetric, or too weak', { issuer: alias, dropped });
      const keys = held?.digest === digest ? held.keys : makeIssuerKeys(set, ++revisions);
      if (held !== undefined && held.keys !== keys) logger.info('The keys of an issuer have changed', { issuer: alias });
      held = { keys, digest, at: clock.now() };
      notBefore = Number.NEGATIVE_INFINITY;
    } catch (error) {
      notBefore = clock.now() + times.retryMs;
      const reason = error instanceof Error ? error.message : 'unknown';
      logger.error('The keys of an issuer cannot be fetched', { issuer: alias, reason, stale: held !== undefined });
    }
  }

  function fetchAgain(): Promise<void> {
    underWay ??= fetchOnce().finally(() => {
      underWay = undefined;
    });
    return underWay;
  }

  /** The keys in force. Where they are no longer fresh, a fetch is started and not waited for. */
  function inForce(): IssuerKeys | undefined {
    if (held === undefined) return undefined;
    const now = clock.now();
    if (now - held.at >= times.freshMs && now >= notBefore) void fetchAgain();
    return now - held.at < times.usableMs ? held.keys : undefined;
  }

  return {
    async current() {
      const keys = inForce();
      if (keys !== undefined) return keys;
      if (underWay === undefined && clock.now() < notBefore) return undefined;
      await fetchAgain();
      return inForce();
    },
    async renew() {
      const before = held;
      const now = clock.now();
      const tooSoon = now < notBefore || (before !== undefined && now - before.at < times.cooldownMs);
      if (underWay === undefined && tooSoon) return undefined;
      await fetchAgain();
      return held?.keys === before?.keys ? undefined : held?.keys;
    },
    revision: () => inForce()?.revision,
  };
}
