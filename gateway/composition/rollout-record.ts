import type { DecisionLog } from '../ledger/decision-log.ts';
import type { RolloutEvent } from '../rollout/rollout-port.ts';
import type { Clock } from '../vocabulary/clock.ts';
import type { AdministrativeRecord } from '../vocabulary/record.ts';

export interface RolloutRecordNeeds {
  readonly log: Pick<DecisionLog, 'enqueue'>;
  readonly labels: Readonly<Record<string, string>>;
  readonly newId: () => string;
  readonly clock: Pick<Clock, 'now'>;
}

/** Puts on record what becomes of bundles. Nobody asked for it, so it has no identity and nothing waits for it. */
export function makeRolloutRecord({ log, labels, newId, clock }: RolloutRecordNeeds): (event: RolloutEvent) => void {
  return ({ action, stamp, bundle, detail, parameters }) => {
    const rejected = action.endsWith('.reject');
    const record: AdministrativeRecord = {
      schema: 'regate.decision/1',
      kind: 'administrative',
      decision_id: newId(),
      timestamp: new Date(clock.now()).toISOString(),
      labels,
      action,
      decision: rejected ? 'deny' : 'allow',
      ...(rejected ? { code: 'policy.unavailable' } : {}),
      ...(detail === undefined ? {} : { detail }),
      ...(bundle === undefined ? {} : { resource: { type: 'bundle', id: bundle } }),
      parameters: { ...parameters, ...(stamp?.bundles === undefined ? {} : { bundles: stamp.bundles }) },
      ...(stamp === undefined ? {} : { policy: { bundle: stamp.bundle, revision: stamp.revision, digest: stamp.digest, reasons: [] } }),
    };
    log.enqueue(record);
  };
}
