import { Breakage } from '../../errors.ts';
import type { Decision, PinnedPolicy } from '../../vocabulary/decision.ts';
import type { Logger } from '../../vocabulary/logger.ts';
import type { DecidedRecord } from '../../vocabulary/record.ts';
import { applyMask } from './apply-mask.ts';
import { readMaskRules } from './mask-rules.ts';
import { strictInput, strictResult } from './strictest-mask.ts';

export const maskEntrypoint = 'system/log/mask';

type Why = 'missing' | 'undefined' | 'failed' | 'malformed';

/**
 * Masks a record before it is written. The pinned policy says what to erase (OPA's `system.log.mask`); its input is the event in OPA's form.
 * Where it does not say so properly, almost all of input and result goes, and the record tells that and why: a mask that breaks must not be a way
 * to have everything written down.
 */
export function makeMask({ logger }: { readonly logger: Logger }) {
  return function mask(record: DecidedRecord, decision: Decision | undefined, policy: PinnedPolicy | undefined): DecidedRecord {
    if (decision === undefined) return record;
    if (policy === undefined || !policy.has(maskEntrypoint)) return maskStrictly(record, decision, 'missing');
    let answer: unknown;
    try {
      answer = policy.evaluate(maskEntrypoint, toEvent(record));
    } catch (error) {
      if (!(error instanceof Breakage)) throw error;
      logger.error("the policy's mask failed; the built-in one was applied", { decision_id: record.decision_id, error });
      return maskStrictly(record, decision, 'failed');
    }
    if (answer === undefined) return maskStrictly(record, decision, 'undefined');
    const rules = readMaskRules(answer);
    if (rules === undefined) {
      logger.error("the policy's mask is malformed; the built-in one was applied", { decision_id: record.decision_id });
      return maskStrictly(record, decision, 'malformed');
    }
    const { event, erased, masked } = applyMask(record, rules);
    // A member that is `undefined` is none: the log writes JSON.
    return { ...event, ...repeat(event), erased, masked, mask: { by: 'policy' } } as DecidedRecord;
  };
}

/** The members of OPA's event. The rest of the record repeats them and is out of a mask's reach, so it is not sent through the evaluation. */
function toEvent(record: DecidedRecord): object {
  const { decision_id, labels, timestamp, bundles, path, input, result, requested_by, trace_id, span_id, metrics, detail } = record;
  return { decision_id, labels, timestamp, bundles, path, input, result, requested_by, trace_id, span_id, metrics, detail };
}

/** The members of the record that repeat a part of input or result: they follow what the mask made of that part. */
function repeat({ model, input, result }: DecidedRecord): { [K in 'model' | 'audit']?: DecidedRecord[K] | undefined } {
  const requested = member(member(input, 'model'), 'requested');
  const audit = member(result, 'audit');
  return {
    model: model && {
      ...(typeof requested === 'string' && { requested: model.requested ?? requested }),
      ...(model.sent !== undefined && { sent: model.sent }),
    },
    audit: typeof audit === 'object' && audit !== null ? audit : undefined,
  };
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function maskStrictly(record: DecidedRecord, decision: Decision, why: Why): DecidedRecord {
  const { detail: _detail, model, audit, ...kept } = record;
  return {
    ...kept,
    ...(model?.sent !== undefined && { model: { sent: model.sent } }),
    ...(audit?.class !== undefined && { audit: { class: audit.class } }),
    input: strictInput(decision.input),
    result: strictResult(decision.answer),
    erased: ['/input', '/result', ...(record.detail === undefined ? [] : ['/detail'])],
    masked: [],
    mask: { by: 'built-in', why },
  };
}
