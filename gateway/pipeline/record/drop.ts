import { Breakage } from '../../errors.ts';
import type { PinnedPolicy } from '../../vocabulary/decision.ts';
import type { Logger } from '../../vocabulary/logger.ts';
import type { DecidedRecord } from '../../vocabulary/record.ts';
import { toEvent } from './event.ts';

export const dropEntrypoint = 'system/log/drop';

/**
 * Asks the policy whether a record is to be kept from the sinks (OPA's `system.log.drop`). In the gateway's own log every record stands, whatever the
 * policy says. Where the policy fails to say, the sinks get it: losing an auditor's copy in silence would be worse than one too many.
 */
export function makeDrop({ logger }: { readonly logger: Logger }) {
  return function isDropped(record: DecidedRecord, policy: PinnedPolicy | undefined): boolean {
    if (policy === undefined || record.input === undefined || !policy.has(dropEntrypoint)) return false;
    try {
      return policy.evaluate(dropEntrypoint, toEvent(record)) === true;
    } catch (error) {
      if (!(error instanceof Breakage)) throw error;
      logger.error("the policy's drop failed; the record goes to the sinks", { decision_id: record.decision_id, error });
      return false;
    }
  };
}
