import { compareVerdicts, differingCodes } from '../../../engine/compare-verdicts.ts';
import { answerEntrypoint } from '../../../engine/prepare.ts';
import { type ErrorCode, errorCodes } from '../../../errors.ts';
import type { Consult } from '../../../pipeline/decide/consult.ts';
import { MalformedAnswer, readAnswer } from '../../../pipeline/decide/read-answer.ts';
import type { Circumstances, NonDeterministic, PinnedPolicy } from '../../../vocabulary/decision.ts';
import type { PolicyInput } from '../../../vocabulary/policy-input.ts';
import type { DecidedRecord } from '../../../vocabulary/record.ts';
import type { Verdict, VerdictChange } from '../../../vocabulary/verdict.ts';

/** A decision that would be another one. */
export interface Change {
  readonly decision_id: string;
  readonly request_id: string;
  readonly attempt: number;
  readonly timestamp: string;
  readonly changes: readonly VerdictChange[];
  /** Codes that come (`+`) and go (`-`). */
  readonly reasons: readonly string[];
  /** Groups of the originator. */
  readonly teams: readonly string[];
  readonly model?: string;
  readonly before: Verdict;
  readonly after: Verdict;
}

export type Replayed =
  | {
      readonly kind: 'same' | 'changed';
      readonly change?: Change /** The candidate looked at the clock and the recorded decision had not. */;
      readonly clock: boolean;
    }
  /** The policy was not asked, or another rule than the decision's. */
  | { readonly kind: 'not-asked' }
  /** It cannot be asked exactly. Pointers into the record, or what else is missing. */
  | { readonly kind: 'inexact'; readonly why: readonly string[] };

/** Parts of the answer that are compared. What else a mask took out of it (a message) makes no difference. */
const compared = /^\/result(?:$|\/(?:allow|route|fallbacks|obligations)(?:$|\/)|\/reasons(?:$|\/\d+(?:$|\/code$)))/;
const asked = /^\/(?:input|nd_builtin_cache)(?:$|\/)/;
const codes: ReadonlySet<string> = new Set(errorCodes);

/**
 * Asks a recorded decision again. Time and random values are those of the decision: what it took of them is on record, and random values follow
 * from its id. Nothing is filled in: where a mask took out what the policy was asked with, or what it answered, the decision is not asked at all.
 */
export function replayRecord(record: DecidedRecord, policy: PinnedPolicy, consult: Consult): Replayed {
  if (record.path !== answerEntrypoint) return { kind: 'not-asked' };
  const hidden = [...(record.erased ?? []), ...(record.masked ?? [])].filter((pointer) => asked.test(pointer) || compared.test(pointer));
  if (hidden.length > 0) return { kind: 'inexact', why: hidden };
  if (record.input === undefined) return { kind: 'not-asked' };
  const input = record.input as PolicyInput;
  const before = recorded(record, input, consult);
  if (before === undefined) return { kind: 'inexact', why: ['the answer is not on record'] };

  const cached = record.nd_builtin_cache;
  const time = timeOf(cached);
  let taken: NonDeterministic = {};
  const circumstances: Circumstances = {
    now: time ?? BigInt(Date.parse(record.timestamp)) * 1_000_000n,
    seed: record.decision_id,
    taken: (values) => {
      taken = values;
    },
  };
  let after = consult.ask(policy, input, circumstances);
  // How long an evaluation takes is the machine's to say, too; one that takes too long each time is the candidate's fault.
  for (let again = 0; again < 2 && 'failed' in after && after.failed === 'policy.deadline'; again += 1)
    after = consult.ask(policy, input, circumstances);
  const other = differing(cached, taken);
  if (other.length > 0) return { kind: 'inexact', why: other.map((name) => `${name} gave another value than the one on record`) };
  const clock = time === undefined && taken['time.now_ns'] !== undefined;
  const changes = compareVerdicts(before, after);
  return changes.length === 0 ? { kind: 'same', clock } : { kind: 'changed', clock, change: tell(record, input, changes, before, after) };
}

/** What the decision was. A failure has a code in place of an answer. */
function recorded({ result, code }: DecidedRecord, input: PolicyInput, consult: Consult): Verdict | undefined {
  if (result === undefined) return code !== undefined && codes.has(code) ? { failed: code as ErrorCode } : undefined;
  try {
    return consult.judge(readAnswer(result), input);
  } catch (cause) {
    if (!(cause instanceof MalformedAnswer)) throw cause;
    return undefined;
  }
}

/** Nanoseconds. As a number it has been written with the digits that count, which its exact value as a double would not have. */
function timeOf(cached: NonDeterministic | undefined): bigint | undefined {
  const value = cached?.['time.now_ns']?.['[]'];
  return typeof value === 'number' || typeof value === 'string' ? BigInt(value.toString()) : undefined;
}

/** Built-ins of which the same call gave another value. */
function differing(cached: NonDeterministic | undefined, taken: NonDeterministic): readonly string[] {
  return Object.entries(taken)
    .filter(([name, calls]) =>
      Object.entries(calls).some(([call, value]) => Object.hasOwn(cached?.[name] ?? {}, call) && cached?.[name]?.[call] !== value),
    )
    .map(([name]) => name);
}

function tell(record: DecidedRecord, input: PolicyInput, changes: Change['changes'], before: Verdict, after: Verdict): Change {
  const { decision_id, request_id, attempt, timestamp } = record;
  const { originator } = input.identity;
  const model = input.model?.resolved;
  return {
    ...{ decision_id, request_id, attempt, timestamp, changes, before, after },
    reasons: differingCodes(before, after),
    teams: originator.groups,
    ...(model === undefined ? {} : { model }),
  };
}
