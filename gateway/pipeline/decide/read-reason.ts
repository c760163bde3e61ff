import type { Reason } from '../../vocabulary/decision.ts';
import { optional, readBoolean, readCode, readObject, readText } from './shape.ts';

const reasonKeys = new Set(['code', 'rule', 'message', 'remediation', 'public']);
/** In characters. */
const most = { name: 256, text: 2048 } as const;

/**
 * One reason, the same in a decision and in an administrative answer. `at` is where it stands, for the error.
 * @throws MalformedAnswer
 */
export function readReason(value: unknown, at: string): Reason {
  const reason = readObject(value, at, reasonKeys);
  return {
    code: readCode(reason['code'], `${at}.code`),
    ...optional('rule', reason['rule'], (text) => readText(text, `${at}.rule`, most.name)),
    ...optional('message', reason['message'], (text) => readText(text, `${at}.message`, most.text)),
    ...optional('remediation', reason['remediation'], (text) => readText(text, `${at}.remediation`, most.text)),
    ...optional('public', reason['public'], (flag) => readBoolean(flag, `${at}.public`)),
  };
}
