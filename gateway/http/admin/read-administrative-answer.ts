import { readReason } from '../../pipeline/decide/read-reason.ts';
import { optional, readBoolean, readCode, readList, readObject, readOpenObject, readText } from '../../pipeline/decide/shape.ts';
import type { AdministrativeAnswer } from '../../vocabulary/administration.ts';

const answerKeys = new Set(['allow', 'reasons', 'message', 'limits']);
const most = { reasons: 64, limits: 32, text: 2048 } as const;

/**
 * Believes the value of `gateway/admin/answer` only if it is a complete, well-formed answer of version 1. `limits` are for the action: a name there
 * that the action does not know is a refusal, since the policy meant something by it.
 * @throws MalformedAnswer
 */
export function readAdministrativeAnswer(value: unknown): AdministrativeAnswer {
  const answer = readObject(value, 'the answer', answerKeys);
  return {
    allow: readBoolean(answer['allow'], 'allow'),
    reasons: readList(answer['reasons'], 'reasons', most.reasons, readReason),
    ...optional('message', answer['message'], (text) => readText(text, 'message', most.text)),
    ...optional('limits', answer['limits'], readLimits),
  };
}

function readLimits(value: unknown): Readonly<Record<string, unknown>> {
  const limits = readOpenObject(value, 'limits');
  const names = Object.keys(limits);
  readList(names, 'the names of limits', most.limits, readCode);
  return limits;
}
