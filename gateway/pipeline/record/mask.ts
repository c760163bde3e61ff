import { Breakage } from '../../errors.ts';
import type { Answer, PinnedPolicy } from '../../vocabulary/decision.ts';
import type { Logger } from '../../vocabulary/logger.ts';
import type { PolicyInput } from '../../vocabulary/policy-input.ts';
import type { DecidedRecord } from '../../vocabulary/record.ts';
import type { Story } from '../../vocabulary/story.ts';
import { applyMask } from './apply-mask.ts';
import { toEvent } from './event.ts';
import { readMaskRules } from './mask-rules.ts';
import { strictInput, strictResult } from './strictest-mask.ts';

export const maskEntrypoint = 'system/log/mask';

/** Where the input and the answer of the record come from. */
type Told = Pick<Story, 'decision' | 'refusal'>;

type Why = 'missing' | 'undefined' | 'failed' | 'malformed';

/**
 * Masks a record before it is written. The pinned policy says what to erase (OPA's `system.log.mask`); its input is the event in OPA's form.
 * Where it does not say so properly, almost all of input and result goes, and the record tells that and why: a mask that breaks must not be a way
 * to have everything written down.
 */
export function makeMask({ logger }: { readonly logger: Logger }) {
  return function mask(record: DecidedRecord, { decision, refusal }: Told, policy: PinnedPolicy | undefined): DecidedRecord {
    // A decision that failed has an input, too.
    const asked = decision?.input ?? refusal?.asked;
    if (asked === undefined) return record;
    const strictly = (why: Why) => maskStrictly(record, asked, decision?.answer, why);
    if (policy === undefined || !policy.has(maskEntrypoint)) return strictly('missing');
    let answer: unknown;
    try {
      answer = policy.evaluate(maskEntrypoint, toEvent(record));
    } catch (error) {
      if (!(error instanceof Breakage)) throw error;
      logger.error("the policy's mask failed; the built-in one was applied", { decision_id: record.decision_id, error });
      return strictly('failed');
    }
    if (answer === undefined) return strictly('undefined');
    const rules = readMaskRules(answer);
    if (rules === undefined) {
      logger.error("the policy's mask is malformed; the built-in one was applied", { decision_id: record.decision_id });
      return strictly('malformed');
    }
    const { event, erased, masked } = applyMask(record, rules);
    // A member that is `undefined` is none: the log writes JSON.
    return { ...event, ...repeat(event), erased, masked, mask: { by: 'policy' } } as DecidedRecord;
  };
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

function maskStrictly(record: DecidedRecord, input: PolicyInput, answer: Answer | undefined, why: Why): DecidedRecord {
  // The operands of a random value may quote the input.
  const { detail: _detail, nd_builtin_cache: _taken, model, audit, ...kept } = record;
  return {
    ...kept,
    ...(model?.sent !== undefined && { model: { sent: model.sent } }),
    ...(audit?.class !== undefined && { audit: { class: audit.class } }),
    input: strictInput(input),
    ...(answer && { result: strictResult(answer) }),
    erased: [
      '/input',
      ...(answer === undefined ? [] : ['/result']),
      ...(record.nd_builtin_cache === undefined ? [] : ['/nd_builtin_cache']),
      ...(record.detail === undefined ? [] : ['/detail']),
    ],
    masked: [],
    mask: { by: 'built-in', why },
  };
}
