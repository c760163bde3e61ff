import { type Authorize, makeAuthorize } from '../http/admin/authorize.ts';
import { type Identify, makeIdentify } from '../http/admin/identify.ts';
import { recordRefused } from '../http/admin/record-refused.ts';
import type { DecisionLog } from '../ledger/decision-log.ts';
import type { Accept } from '../pipeline/accept/accept.ts';
import type { makeAuthenticate } from '../pipeline/authenticate/authenticate.ts';
import type { makeChain } from '../pipeline/chain/chain.ts';
import type { makeContext } from '../pipeline/collect/context/context.ts';
import type { Clock } from '../vocabulary/clock.ts';
import type { Configuration } from '../vocabulary/configuration.ts';
import type { PinnedPolicy } from '../vocabulary/decision.ts';
import type { Logger } from '../vocabulary/logger.ts';

export interface AdministrationNeeds {
  readonly configuration: Pick<Configuration, 'labels' | 'record'>;
  readonly contextOf: ReturnType<typeof makeContext>;
  readonly accept: Accept;
  readonly authenticate: ReturnType<typeof makeAuthenticate>;
  readonly chain: ReturnType<typeof makeChain>;
  readonly pinPolicy: () => PinnedPolicy | undefined;
  readonly log: DecisionLog;
  readonly newId: () => string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Composes how the doors that are not model calls know who stands there, and what the policy lets them do. */
export function makeAdministration(needs: AdministrationNeeds): {
  readonly identify: Identify;
  readonly authorize: Authorize;
  /** Hands over what has only been counted so far. */
  close(): void;
} {
  const { configuration, contextOf, accept, authenticate, chain, pinPolicy, log, newId, clock, logger } = needs;
  const { labels, record } = configuration;
  const recorded = recordRefused({
    identify: makeIdentify({ accept, authenticate, chain, contextOf }),
    ...{ log, labels, anonymousPerSecond: record.anonymousPerSecond, newId, clock },
  });
  return {
    ...recorded,
    authorize: makeAuthorize({ pinPolicy, log, labels: configuration.labels, newId, clock, logger }),
  };
}
