import { describe } from '../../errors.ts';
import { makeUnknownCallers } from '../../pipeline/record/unknown-callers.ts';
import type { Clock } from '../../vocabulary/clock.ts';
import type { AdministrativeRecord } from '../../vocabulary/record.ts';
import type { Identify } from './identify.ts';

export interface RecordRefusedNeeds {
  readonly identify: Identify;
  readonly log: {
    /** Takes an entry that nobody waits for. */
    enqueue(entry: object): void;
  };
  readonly labels: Readonly<Record<string, string>>;
  /** Refusals that get a line of their own, per second. */
  readonly anonymousPerSecond: number;
  readonly newId: () => string;
  readonly clock: Clock;
}

/**
 * Puts on the record who knocked at the administrative doors and was not let in: `admin.refuse`. Anybody can cause such a line, so they are rationed and
 * summarised as those of unknown callers at the data port are, and nobody waits for the disk.
 */
export function recordRefused({ identify, log, labels, anonymousPerSecond, newId, clock }: RecordRefusedNeeds): {
  readonly identify: Identify;
  close(): void;
} {
  const ration = makeUnknownCallers({ clock, labels, perSecond: anonymousPerSecond, write: (summary) => log.enqueue(summary) });
  return {
    async identify(req) {
      const petitioner = await identify(req);
      if (!('refusal' in petitioner)) return petitioner;
      const { arrival, refusal } = petitioner;
      if (ration.admit(refusal.code)) {
        log.enqueue({
          ...{ schema: 'regate.decision/1', kind: 'administrative', decision_id: newId(), request_id: arrival.requestId },
          ...{ timestamp: new Date(clock.now()).toISOString(), labels, action: 'admin.refuse', requested_by: arrival.peer.address },
          decision: describe(refusal.code).status >= 500 ? 'error' : 'deny',
          code: refusal.code,
          ...(refusal.detail === undefined ? {} : { detail: refusal.detail }),
          parameters: { method: arrival.method, path: arrival.path },
        } satisfies AdministrativeRecord);
      }
      return petitioner;
    },
    close: ration.flush,
  };
}
