import type { DecidedRecord } from '../../vocabulary/record.ts';

/** The members of OPA's event. The rest of the record repeats them and is out of a mask's reach, so it is not sent through the evaluation. */
export function toEvent(record: DecidedRecord): object {
  const { decision_id, labels, timestamp, bundles, path, input, result } = record;
  const { nd_builtin_cache, requested_by, trace_id, span_id, metrics, detail } = record;
  return {
    ...{ decision_id, labels, timestamp, bundles, path, input, result },
    ...{ nd_builtin_cache, requested_by, trace_id, span_id, metrics, detail },
  };
}
